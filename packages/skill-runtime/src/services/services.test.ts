import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
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
  inNode(path.join(workspace, "skills", "ask-node"));
  const place = { home, workspace, programFolders: [] };
  const { findings } = await lockSkills(["skills/ask-greeter", "skills/ask-node"], place);
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

/** The same skill, written in Node. */
function inNode(folder: string): void {
  cpSync(fixture, folder, { recursive: true });
  const contract = readFileSync(path.join(folder, "exec.yaml"), "utf8");
  const program = "{file: scripts/ask.mjs, interpreter: node}";
  writeFileSync(path.join(folder, "exec.yaml"), contract.replace(/\{file: .*\}/u, program));
  writeFileSync(path.join(folder, "SKILL.md"), "---\nname: ask-node\ndescription: Ask.\n---\n");
  writeFileSync(
    path.join(folder, "scripts/ask.mjs"),
    `import { readFileSync } from "node:fs";
import { Socket } from "node:net";
const { name } = JSON.parse(readFileSync(0, "utf8"));
const service = new Socket({ fd: Number(process.env.CLAWKEEP_SERVICE_GREETER_FD) });
service.write(\`greet \${name}\\n\`);
service.once("data", (reply) => {
  console.log(JSON.stringify({ greeting: reply.toString().trim() }));
  service.destroy();
});
`,
  );
}

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

  test.each(levels)("is talked to from Node as well, at level %s", async (level) => {
    configure({ greeter: { unix: path.join(base, "greeter.sock") } });
    const result = await ask({ skill: "ask-node", level });
    expect(result).toMatchObject({ ok: true, json: { greeting: "good day, Ada" } });
  });

  test("is never talked to by a resident process", async () => {
    expect(await ask({ form: "resident" })).toMatchObject({
      kind: "refusal",
      findings: [{ code: "SERVICES_UNSUPPORTED" }],
    });
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
