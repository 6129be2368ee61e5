import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { readAuditLog } from "@clawkeep/audit-log";
import type { AuditedExecution } from "@clawkeep/audit-log";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import packageJson from "../package.json" with { type: "json" };
import {
  executed,
  makeWorkspace,
  refusedWith,
  request,
  testableLevels,
} from "../test/workspace.ts";
import type { TestWorkspace } from "../test/workspace.ts";
import { auditFolder, openRuntime } from "./index.ts";
import type { Execution, Refusal, Runtime } from "./index.ts";

describe.each(await testableLevels())("at level %s", (level) => {
  let place: TestWorkspace;
  let runtime: Runtime;
  const invoke = (...args: Parameters<typeof request>): Promise<Execution | Refusal> =>
    runtime.invoke(request(args[0], args[1], { level, ...args[2] }));
  const run = async (...args: Parameters<typeof request>): Promise<Execution> =>
    executed(await invoke(...args));
  const recordOf = async (id: string): Promise<AuditedExecution> => {
    const { executions, ok } = await readAuditLog(auditFolder(place.home));
    const found = executions.find((execution) => execution.id === id);
    expect([ok, found?.id]).toEqual([true, id]);
    return found as AuditedExecution;
  };

  beforeAll(async () => {
    place = await makeWorkspace();
    runtime = await openRuntime({
      ...place,
      environment: { LANG: "xx_YY", SECRET: "secret-canary", LD_PRELOAD: "/x", PATH: "/x" },
    });
  });
  afterAll(async () => {
    await runtime.close();
    place.remove();
  });

  test("a run returns its output and leaves two records that verify", async () => {
    const execution = await run("stdin", { text: "héllo" });
    expect(execution).toMatchObject({
      kind: "execution",
      skill: "probe",
      action: "stdin",
      form: "oneshot",
      level,
      exitCode: 0,
      signal: null,
      meaning: "done",
      ok: true,
      output: "valid",
      outputFindings: [],
      provenance: { size: 18 },
    });
    expect(execution.json).toEqual({ bytes: 18, text: "héllo" });
    const { status, start, end } = await recordOf(execution.id);
    expect(status).toBe("ended");
    expect(start).toMatchObject({
      action: "stdin",
      arguments: { text: { stored: "héllo" } },
      caller: { observed: { transport: "test", uid: process.getuid?.() } },
      environment: [],
      sandbox: { level },
      skill: { name: "probe", closure: "complete" },
      runtime: { version: packageJson.version },
    });
    expect(start.caller.observed.parent?.digest).toMatch(/^sha256:/u);
    expect(end).toMatchObject({ ended: "exited", meaning: "done", provenance: { size: 18 } });
    expect(end?.stdout.bytes).toBe(execution.stdout.length);
    expect(start.limits).toMatchObject({ memoryBytes: 2 ** 31, processes: 256, openFiles: 1024 });
    expect(end?.limitedBy).toMatchObject({
      memory: expect.stringMatching(/^(cgroup|watchdog)$/u),
      cpu: expect.stringMatching(/^(cgroup|watchdog)$/u),
    });
  });

  test("text is recorded so that the log does not tell it, claims apart from what was seen", async () => {
    const caller = { transport: "mcp-stdio", claimed: { agent: "says so" } };
    const { id } = await run("argv", { text: "secret-canary" }, { caller });
    const { start } = await recordOf(id);
    expect(start.arguments["text"]).toMatchObject({
      keyed: expect.stringMatching(/^hmac-sha256:/u),
    });
    expect(start.caller.claimed).toEqual({ agent: "says so" });
    expect(readFileSync(path.join(auditFolder(place.home), "log.ndjson"), "utf8")).not.toContain(
      "canary",
    );
  });

  test("the program gets the pins and the names that the contract lets through", async () => {
    const { json, id } = await run("environment");
    const seen = json as Record<string, string>;
    expect(
      Object.keys(seen)
        .filter((name) => name !== "PWD")
        .sort(),
    ).toEqual(["HOME", "LANG", "LC_ALL", "PATH", "PYTHONHASHSEED", "TMPDIR", "TZ"]);
    expect(seen).toMatchObject({
      LANG: "xx_YY",
      LC_ALL: "C.UTF-8",
      PATH: "/usr/bin:/bin",
      TZ: "UTC",
    });
    expect(seen["HOME"]).toBe(seen["TMPDIR"]);
    expect((await recordOf(id)).start.environment).toEqual(["LANG"]);
    const scratch = path.join(place.home, "scratch");
    expect(existsSync(scratch) ? readdirSync(scratch) : []).toEqual([]);
  });

  test("roots are shown, by default or by the request", async () => {
    expect((await run("files")).json).toEqual({ read: ["inner"], own: [] });
    const other = path.join(place.base, "other");
    mkdirSync(other, { recursive: true });
    writeFileSync(path.join(other, "there"), "");
    const execution = await run("files", {}, { roots: { data: other } });
    expect(execution.json).toEqual({ read: ["there"], own: [] });
    expect((await recordOf(execution.id)).start.roots).toEqual({
      data: { access: "read", path: { stored: other } },
    });
  });

  test("a write root is written to", async () => {
    const out = path.join(place.base, "out");
    mkdirSync(out, { recursive: true });
    await run("write", {}, { roots: { out } });
    expect(readFileSync(path.join(out, "written"), "utf8")).toBe("by the program");
  });

  test("output that is not what was declared is an execution that says so, and the log keeps none of it", async () => {
    for (const action of ["invalid", "schema"]) {
      const execution = await run(action);
      expect([execution.output, execution.ok, execution.exitCode]).toEqual(["invalid", false, 0]);
      expect(execution.outputFindings.length).toBeGreaterThan(0);
      const { end } = await recordOf(execution.id);
      expect(end?.error?.code).toBe("OUTPUT_INVALID");
      expect(JSON.stringify(end)).not.toContain("canary");
    }
  });

  test.each([
    [0, "done", true],
    [1, "no", true],
    [2, "failure", false],
    [77, "failure", false],
  ])("exit code %i means %s", async (code, meaning, ok) => {
    const execution = await run("exit", { code });
    expect([execution.exitCode, execution.meaning, execution.ok]).toEqual([code, meaning, ok]);
  });

  test("a flood, a timeout and a cancelled run end as such", async () => {
    const flood = await run("flood");
    expect([flood.terminatedBy, flood.meaning, flood.stdout.length]).toEqual([
      "stdout-limit",
      "failure",
      1000,
    ]);
    const late = await run("stay");
    expect([late.terminatedBy, late.ok]).toEqual(["timeout", false]);
    expect((await recordOf(late.id)).end?.ended).toBe("timeout");
    const cancelled = await run("stay", {}, { signal: AbortSignal.abort() });
    expect([cancelled.terminatedBy, cancelled.ok]).toEqual(["cancelled", false]);
  });

  test("output that is cut is kept whole in a private artifact", async () => {
    const execution = await run("long");
    expect([execution.output, execution.stdout.length, execution.ok]).toEqual([
      "truncated",
      1001,
      true,
    ]);
    const artifact = execution.artifact ?? "";
    expect(readFileSync(artifact, "utf8")).toBe("ab".repeat(5000));
    expect(statSync(artifact).mode & 0o777).toBe(0o600);
    expect((await recordOf(execution.id)).end?.stdout.bytes).toBe(10_000);
  });

  test("an artifact has the digest of the record as its name, and equal outputs are one file", async () => {
    const [first, second] = [await run("long"), await run("long")];
    const { end } = await recordOf(first.id);
    expect(end?.stdout.digest).toBe(`sha256:${path.basename(first.artifact ?? "")}`);
    expect(second.artifact).toBe(first.artifact);
  });

  test("a failure that is worth another try is tried again, each time with a record", async () => {
    const count = async (): Promise<number> =>
      (await readAuditLog(auditFolder(place.home))).executions.length;
    const before = await count();
    expect((await run("again", { code: 75 })).exitCode).toBe(75);
    expect((await count()) - before).toBe(3);
    expect((await run("again", { code: 74 })).exitCode).toBe(74);
    expect((await run("again", { code: 0 })).ok).toBe(true);
    expect((await count()) - before).toBe(5);
  });

  test("a resident process is replaced after as many requests as the contract says", async () => {
    const counts: number[] = [];
    for (const text of ["a", "b", "c", "d", "e"]) {
      counts.push(((await run("brief", { text })).json as { count: number }).count);
    }
    expect(counts).toEqual([1, 2, 1, 2, 1]);
  });

  test("of a root that is shown by name, a program sees the named file alone", async () => {
    writeFileSync(path.join(place.workspace, "data", "named"), "shown");
    const { json } = await run("show", { file: "named" });
    expect(json).toMatchObject({ text: "shown" });
    if (level === "bubblewrap") expect(json).toMatchObject({ beside: ["named"] });
    expect(refusedWith(await invoke("show", { file: "absent" }))).toEqual([
      "arguments",
      "ARGUMENT_PATH_ABSENT",
    ]);
  });

  test("a runtime that is closed while something runs writes down how it ended", async () => {
    const closing = await openRuntime({ ...place, environment: {} });
    const running = closing.invoke(request("stay", {}, { level }));
    const seen = async (): Promise<readonly AuditedExecution[]> =>
      (await readAuditLog(auditFolder(place.home))).executions;
    await closing.close();
    const result = await running.catch((error: unknown) => error);
    if (result instanceof Error) expect(result).toMatchObject({ code: "RUNTIME_CLOSED" });
    else expect(result).toMatchObject({ terminatedBy: "timeout" });
    expect((await seen()).every(({ status }) => status === "ended")).toBe(true);
    await expect(closing.invoke(request("argv", { text: "late" }))).rejects.toMatchObject({
      code: "RUNTIME_CLOSED",
    });
  });

  test("more requests than may run and wait are refused, and nothing is recorded of them", async () => {
    await using narrow = await openRuntime({
      ...place,
      environment: {},
      concurrency: { runs: 1, perSkill: 1, queue: 1 },
    });
    const results = await Promise.all(
      ["a", "b", "c", "d"].map((text) => narrow.invoke(request("argv", { text }, { level }))),
    );
    const ran = results.filter((result) => result.kind === "execution");
    expect(ran.length).toBeGreaterThanOrEqual(2);
    expect(ran.length).toBeLessThan(4);
    for (const result of results) {
      if (result.kind === "refusal") expect(refusedWith(result)).toEqual(["queue", "QUEUE_FULL"]);
      else expect(result.queueMs).toBeGreaterThanOrEqual(0);
    }
  });

  test("standard error is cut, not a failure", async () => {
    const execution = await run("noise");
    expect([execution.ok, execution.stderr.length]).toEqual([true, 65_536]);
    expect((await recordOf(execution.id)).end?.stderr).toMatchObject({
      bytes: 65_536,
      truncated: true,
    });
  });

  test("what cannot be run is refused with all reasons, and nothing is recorded", async () => {
    const before = (await readAuditLog(auditFolder(place.home))).records.length;
    const link = path.join(place.workspace, "data", "link");
    if (!existsSync(link)) {
      symlinkSync("/etc", link);
    }
    const { skill, args, caller } = request("argv");
    const withoutAction = { skill, args, caller };
    const cases: [Promise<Execution | Refusal>, readonly string[]][] = [
      [runtime.invoke({ ...request("argv"), skill: "unknown" }), ["lock", "LOCK_SKILL_UNKNOWN"]],
      [runtime.invoke({ ...request("argv"), skill: "__proto__" }), ["lock", "LOCK_SKILL_UNKNOWN"]],
      [invoke("unknown"), ["contract", "ACTION_UNKNOWN"]],
      [runtime.invoke(withoutAction), ["contract", "ACTION_MISSING"]],
      [invoke("secret"), ["secrets", "SECRET_REFERENCE_UNKNOWN"]],
      [invoke("argv", { text: "" }, { form: "resident" }), ["contract", "FORM_UNKNOWN"]],
      [invoke("write"), ["roots", "ROOT_MISSING"]],
      [invoke("write", {}, { roots: { out: "/nonexistent" } }), ["roots", "ROOT_MISSING"]],
      [invoke("files", {}, { roots: { more: "." } }), ["roots", "ROOT_UNKNOWN"]],
      [invoke("argv", { more: 1 }), ["arguments", "ARGUMENT_UNKNOWN", "ARGUMENT_MISSING"]],
      [invoke("inside", { folder: "../.." }), ["arguments", "ARGUMENT_REFUSED"]],
      [invoke("inside", { folder: "/etc" }), ["arguments", "ARGUMENT_REFUSED"]],
      [invoke("inside", { folder: "link" }), ["arguments", "ARGUMENT_PATH_LINK"]],
    ];
    for (const [result, codes] of cases) {
      expect(refusedWith(await result)).toEqual(codes);
    }
    expect((await readAuditLog(auditFolder(place.home))).records.length).toBe(before);
    expect((await run("inside", { folder: "inner" })).json).toEqual({ read: [], own: [] });
  });

  test.runIf(level === "none")("a level that is required and not taken is a refusal", async () => {
    const refused = await invoke("argv", { text: "x" }, { requireSandbox: "bubblewrap" });
    expect(refusedWith(refused)).toEqual(["sandbox", "SANDBOX_LEVEL_UNAVAILABLE"]);
  });
});
