import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { detectLevels } from "../detect-levels.ts";
import type { ExecutionPolicy } from "../policy.ts";
import { runOnce } from "../run-once.ts";

const { bubblewrap } = await detectLevels();
if (!bubblewrap.available) process.stderr.write(`skipped: ${bubblewrap.why ?? ""}\n`);

const policy = (more: Partial<ExecutionPolicy>): ExecutionPolicy => ({
  executable: { path: "/bin/cat" },
  argv: [],
  cwd: "/tmp",
  environment: {},
  readRoots: [],
  writeRoots: [],
  limits: { timeoutMs: 10_000, stdoutBytes: 10_000, stderrBytes: 10_000 },
  network: "none",
  level: "bubblewrap",
  ...more,
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawkeep-given-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.runIf(bubblewrap.available)(
  "a file that was opened is the one shown, whatever lies there now",
  async () => {
    const source = path.join(folder, "file");
    writeFileSync(source, "the opened one");
    const descriptor = openSync(source, "r");
    try {
      renameSync(source, path.join(folder, "away"));
      writeFileSync(source, "another one");
      const target = "/roots/data/inner/file";
      const { stdout } = await runOnce(
        policy({ argv: [target], readRoots: [{ source, target, descriptor }] }),
      );
      expect(Buffer.from(stdout).toString()).toBe("the opened one");
      expect(readFileSync(source, "utf8")).toBe("another one");
    } finally {
      closeSync(descriptor);
    }
  },
);

test.runIf(bubblewrap.available)("a private file is there for the program alone", async () => {
  const bytes = Buffer.from("canary");
  const { stdout } = await runOnce(
    policy({ argv: ["/secrets/TOKEN"], privateFiles: [{ target: "/secrets/TOKEN", bytes }] }),
  );
  expect(Buffer.from(stdout).toString()).toBe("canary");
});

test.each(["/etc/passwd", "/secrets/../x", "/secrets/a/b", "secrets/a"])(
  "a private file at %s is refused",
  async (target) => {
    const refused = runOnce(policy({ privateFiles: [{ target, bytes: Buffer.from("x") }] }));
    await expect(refused).rejects.toMatchObject({
      code: expect.stringMatching(/^SANDBOX_(POLICY_REFUSED|LEVEL_UNAVAILABLE)$/u),
    });
  },
);

test("a private file is refused where it would have to lie on a disk", async () => {
  const privateFiles = [{ target: "/secrets/TOKEN", bytes: Buffer.from("x") }];
  await expect(runOnce(policy({ level: "none", privateFiles }))).rejects.toMatchObject({
    code: "SANDBOX_POLICY_REFUSED",
  });
});
