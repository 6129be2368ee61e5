import { existsSync, openSync, closeSync } from "node:fs";
import type { Duplex } from "node:stream";

import { describe, expect, test } from "vitest";

import { detectLevels, runOnce, sandboxLevels } from "./index.ts";
import type { ExecutionPolicy, SandboxLevel } from "./index.ts";

const python = "/usr/bin/python3";

/** Says hello through the channel, prints the answer, then tries to make a socket of its own. */
const program = `
import os, socket
channel = socket.socket(fileno=int(os.environ["CHANNEL_FD"]))
channel.sendall(b"hello")
print(channel.recv(100).decode())
try:
    socket.socket(socket.AF_UNIX)
    print("made a socket")
except OSError:
    print("no socket")
`;

const policy = (level: SandboxLevel): ExecutionPolicy => ({
  executable: { path: python },
  argv: ["-I", "-c", program],
  cwd: level === "none" ? "/" : "/tmp",
  environment: {},
  readRoots: [],
  writeRoots: [],
  limits: { timeoutMs: 10_000, stdoutBytes: 1000, stderrBytes: 1000 },
  network: "none",
  level,
});

const reports = await detectLevels();

describe.skipIf(!existsSync(python))("a channel is the one socket of a program", () => {
  test.each(sandboxLevels)("at level %s", async (level) => {
    if (!reports[level].available) {
      process.stderr.write(`skipped: ${level}: ${reports[level].why ?? "absent"}\n`);
      return;
    }
    const heard: string[] = [];
    // Something else that is open must not come along.
    const other = openSync("/etc/passwd", "r");
    const attach = (stream: Duplex): void => {
      stream.on("data", (chunk: Buffer) => {
        heard.push(chunk.toString());
        stream.write("good day");
      });
    };
    const outcome = await runOnce(policy(level), {
      channels: [{ variable: "CHANNEL_FD", attach }],
    });
    closeSync(other);
    expect(Buffer.from(outcome.stderr).toString()).toBe("");
    expect(heard.join("")).toBe("hello");
    expect(Buffer.from(outcome.stdout).toString()).toBe(
      `good day\n${level === "none" ? "made a socket" : "no socket"}\n`,
    );
  });
});
