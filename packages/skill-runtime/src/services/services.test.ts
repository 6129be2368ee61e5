import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { readAuditLog } from "@clawkeep/audit-log";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { testableLevels } from "../../test/workspace.ts";
import { auditFolder, lockSkills, openRuntime } from "../index.ts";
import type { Execution, InvocationRequest, Refusal, Runtime } from "../index.ts";

const fixture = path.join(import.meta.dirname, "../../../../fixtures/skills/valid/ask-greeter");

let base: string;
let home: string;
let server: Server;
let runtime: Runtime;

/** A greeter on a Unix socket and on a port. */
beforeAll(async () => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-services-")));
  home = path.join(base, "home");
  mkdirSync(home, { mode: 0o700 });
  const workspace = path.join(base, "workspace");
  cpSync(fixture, path.join(workspace, "skills", "ask-greeter"), { recursive: true });
  const place = { home, workspace, programFolders: [] };
  const { findings } = await lockSkills(["skills/ask-greeter"], place);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  server = createServer((socket) => {
    socket.on("data", (line) => socket.write(line.toString().replace("greet ", "good day, ")));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(path.join(base, "greeter.sock"), resolve));
  runtime = await openRuntime({ ...place, environment: {} });
});

afterAll(async () => {
  await runtime.close();
  server.close();
  rmSync(base, { recursive: true, force: true });
});

function configure(at: unknown, mode = 0o600): void {
  const file = path.join(home, "services.json");
  writeFileSync(file, JSON.stringify({ services: 1, at }));
  chmodSync(file, mode);
}

async function ask(more: Partial<InvocationRequest> = {}): Promise<Execution | Refusal> {
  return runtime.invoke({
    skill: "ask-greeter",
    args: { kind: "json", value: { name: "Ada" } },
    caller: { transport: "test" },
    ...more,
  });
}

const levels = await testableLevels();

describe("a service", () => {
  test.each(levels)("is talked to through the one socket, at level %s", async (level) => {
    configure({ greeter: { unix: path.join(base, "greeter.sock") } });
    const result = await ask({ level });
    expect(result).toMatchObject({
      kind: "execution",
      ok: true,
      json: { greeting: "good day, Ada" },
    });
    const { executions } = await readAuditLog(auditFolder(home));
    const note = `service greeter at unix:${base}/greeter.sock: 10 bytes sent, 14 received`;
    expect(executions.at(-1)?.end?.notes).toContain(note);
  });

  test("may listen on a port of this machine", async () => {
    const onPort = createServer((socket) => socket.end("good day, port\n"));
    await new Promise<void>((resolve) => onPort.listen(0, "127.0.0.1", resolve));
    const address = onPort.address();
    configure({ greeter: { port: typeof address === "object" ? address?.port : 0 } });
    expect(await ask()).toMatchObject({ json: { greeting: "good day, port" } });
    onPort.close();
  });

  test("that is not there, not known or not ours to say stops the run before it starts", async () => {
    configure({ greeter: { unix: path.join(base, "gone.sock") } });
    await expect(ask()).rejects.toMatchObject({ code: "SERVICE_UNREACHABLE" });
    configure({});
    await expect(ask()).rejects.toMatchObject({ code: "SERVICE_UNKNOWN" });
    configure({ greeter: { host: "example.org", port: 80 } });
    await expect(ask()).rejects.toMatchObject({ code: "SERVICES_UNREADABLE" });
    configure({ greeter: { unix: path.join(base, "greeter.sock") } }, 0o644);
    await expect(ask()).rejects.toMatchObject({ code: "SERVICES_UNREADABLE" });
  });
});
