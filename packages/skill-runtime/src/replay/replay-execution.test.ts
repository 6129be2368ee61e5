import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { openAuditLog, readAuditLog } from "@clawkeep/audit-log";
import type { ExecutionStart } from "@clawkeep/audit-log";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { executed, makeWorkspace, request } from "../../test/workspace.ts";
import type { TestWorkspace } from "../../test/workspace.ts";
import { auditFolder, lockSkills, openRuntime, replayExecution } from "../index.ts";
import type { Execution, Replay, ReplayOptions, ReplayRefusal } from "../index.ts";

let place: TestWorkspace;
let data: string;

beforeEach(async () => {
  place = await makeWorkspace("replayed");
  data = path.join(place.workspace, "data");
  writeFileSync(path.join(data, "file"), "first\n");
});
afterEach(() => place.remove());

async function run(
  action: string,
  args: Readonly<Record<string, unknown>> = {},
): Promise<Execution> {
  await using runtime = await openRuntime({ ...place, environment: {} });
  return executed(await runtime.invoke({ ...request(action, args), skill: "replayed" }));
}

async function replay(
  id: string,
  more: Partial<ReplayOptions> = {},
): Promise<Replay | ReplayRefusal> {
  return replayExecution(id, { ...place, environment: {}, ...more });
}

async function replayed(id: string, more: Partial<ReplayOptions> = {}): Promise<Replay> {
  const result = await replay(id, more);
  if (result.kind === "refusal") throw new Error(JSON.stringify(result.findings));
  return result;
}

async function refused(id: string, more: Partial<ReplayOptions> = {}): Promise<readonly string[]> {
  const before = (await readAuditLog(auditFolder(place.home))).records.length;
  const result = await replay(id, more);
  if (result.kind === "replay") throw new Error(`not refused: ${result.verdict}`);
  // Nothing that is refused has a record, and nothing was begun without one.
  expect((await readAuditLog(auditFolder(place.home))).records).toHaveLength(before);
  expect(result.findings.every(({ message }) => message.length > 20)).toBe(true);
  return [result.stage, ...result.findings.map(({ code }) => code)];
}

/** Writes a record with the log's own key: what only its owner can do. */
async function forge(like: string, change: (start: ExecutionStart) => unknown): Promise<string> {
  const { executions } = await readAuditLog(auditFolder(place.home));
  const model = executions.find(({ id }) => id === like);
  if (model?.end === undefined) throw new Error("no model");
  const place1 = ["format", "log", "key", "sequence", "time", "type", "execution"];
  const bare = (record: object): object =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !place1.includes(name)));
  const start = bare({
    ...model.start,
    runtime: { name: "forger", version: "1" },
  }) as ExecutionStart;
  const log = await openAuditLog({ folder: auditFolder(place.home) });
  try {
    const { id } = await log.start(change(start) as ExecutionStart);
    await log.end({ ...(bare(model.end) as typeof model.end), execution: id });
    return id;
  } finally {
    await log.close();
  }
}

describe("a replay", () => {
  test("of a deterministic run is equal, and has a record of its own that names it", async () => {
    const { id } = await run("say", { words: "--evil $(id)\n" });
    const result = await replayed(id);
    expect(result).toMatchObject({
      execution: id,
      verdict: "equal",
      recordedBytes: "same",
      notes: [],
    });
    expect(result.difference).toBeUndefined();
    const { ok, executions } = await readAuditLog(auditFolder(place.home));
    expect(ok).toBe(true);
    const [then, now] = executions;
    expect(now?.id).toBe(result.replay);
    expect(now?.start.caller.observed.transport).toBe("replay");
    expect(now?.start.caller.claimed).toEqual({ replays: id });
    expect(now?.start.arguments).toEqual(then?.start.arguments);
    expect(now?.end?.stdout).toEqual(then?.end?.stdout);
  });

  test("of a run that differs says so by digests only when no bytes were kept", async () => {
    const { id } = await run("stamp");
    const result = await replayed(id);
    expect([result.verdict, result.recordedBytes, result.difference]).toEqual([
      "different",
      "absent",
      undefined,
    ]);
    expect(result.recorded.stdout.digest).not.toBe(result.replayed.stdout.digest);
  });

  test("shows the difference against an output that the caller kept, and takes no other", async () => {
    const { id, stdout } = await run("stamp");
    const file = path.join(place.base, "kept");
    writeFileSync(file, stdout);
    const { difference, recordedBytes } = await replayed(id, { recordedOutput: file });
    expect(recordedBytes).toBe("given");
    expect(difference?.line).toBe(2);
    expect(difference?.rows).toEqual([
      " head",
      expect.stringMatching(/^-\d+$/u),
      expect.stringMatching(/^\+\d+$/u),
      " tail",
      " ",
    ]);
    appendFileSync(file, " ");
    await expect(replay(id, { recordedOutput: file })).rejects.toMatchObject({
      code: "REPLAY_OUTPUT_OTHER",
    });
  });

  test("shows the difference against the artifact that the runtime kept", async () => {
    const { id, stdout } = await run("long");
    expect(stdout).toHaveLength(50);
    const { difference, recordedBytes, recorded } = await replayed(id);
    expect(recordedBytes).toBe("artifact");
    expect(recorded.stdout.bytes).toBeGreaterThan(80);
    expect(difference?.line).toBe(10);
  });

  test("is equal as promised when only what the contract calls volatile differs", async () => {
    const { id, stdout } = await run("dated");
    expect((await replayed(id)).verdict).toBe("different");
    const file = path.join(place.base, "kept");
    writeFileSync(file, stdout);
    const result = await replayed(id, { recordedOutput: file });
    expect(result.verdict).toBe("equal-as-promised");
    expect(result.difference?.rows.join("\n")).toContain('-{"kept":1,"at":');
  });

  test("reads the roots as they are now", async () => {
    const { id } = await run("read");
    expect((await replayed(id)).verdict).toBe("equal");
    writeFileSync(path.join(data, "file"), "second\n");
    expect((await replayed(id)).verdict).toBe("different");
  });
});

describe("the throw-away copy", () => {
  test("takes what a program writes, so that nothing lasts", async () => {
    const { id } = await run("write");
    expect(readFileSync(path.join(data, "file"), "utf8")).toBe("first\nline\n");
    expect(await refused(id)).toEqual(["effects", "REPLAY_EFFECTS"]);
    writeFileSync(path.join(data, "file"), "first\n");
    expect((await replayed(id, { allowEffects: true })).verdict).toBe("equal");
    expect(readFileSync(path.join(data, "file"), "utf8")).toBe("first\n");
    expect(readdirSync(path.join(place.home, "scratch"))).toEqual([]);
  });

  test("is made elsewhere when the state folder lies in the root, links and closed folders and all", async () => {
    symlinkSync("nowhere", path.join(data, "link"));
    mkdirSync(path.join(data, "closed"));
    writeFileSync(path.join(data, "closed", "inner"), "");
    chmodSync(path.join(data, "closed"), 0o555);
    const moved = { ...place, home: path.join(data, "home") };
    await lockSkills(["skills/replayed"], moved);
    await using runtime = await openRuntime({ ...moved, environment: {} });
    const { id } = executed(await runtime.invoke({ ...request("read"), skill: "replayed" }));
    const result = await replayExecution(id, { ...moved, environment: {} });
    expect(result).toMatchObject({ kind: "replay", verdict: "equal" });
    expect(readdirSync(path.join(moved.home, "scratch"))).toEqual([]);
  });

  test("holds of a root that is shown by name nothing else, and follows no link to it", async () => {
    const { id } = await run("named", { file: "file" });
    expect((await replayed(id)).verdict).toBe("equal");
    rmSync(path.join(data, "file"));
    writeFileSync(path.join(place.base, "outside"), "first\n");
    symlinkSync(path.join(place.base, "outside"), path.join(data, "file"));
    expect(await refused(id)).toEqual(["arguments", "ARGUMENT_PATH_LINK"]);
  });
});

describe("a replay is refused", () => {
  test("when the skill is another one than was recorded, locked or not", async () => {
    const { id } = await run("say", { words: "a" });
    appendFileSync(path.join(place.skillFolder, "run.sh"), "# changed\n");
    expect(await refused(id)).toEqual(["lock", "LOCK_SKILL_CHANGED"]);
    await lockSkills(["skills/replayed"], place);
    const [stage, ...codes] = await refused(id);
    expect([stage, new Set(codes)]).toEqual(["lock", new Set(["SKILL_NOT_EXPECTED"])]);
    rmSync(path.join(place.workspace, "skills.lock"));
    expect(await refused(id)).toEqual(["lock", "LOCK_SKILL_UNKNOWN"]);
  });

  test("when a text was recorded by its keyed digest, until the same text is given", async () => {
    // A value that the contract itself names is found without being given.
    const { id: byDefault } = await run("whisper", { words: "quiet" });
    expect(await refused(byDefault)).toEqual(["arguments", "REPLAY_ARGUMENT_REDACTED"]);
    const { id } = await run("whisper", { words: "quiet", times: 2 });
    const give = (value: Readonly<Record<string, unknown>>): Promise<readonly string[]> =>
      refused(id, { args: { kind: "json", value } });
    expect(await refused(id)).toEqual([
      "arguments",
      "REPLAY_ARGUMENT_REDACTED",
      "REPLAY_ARGUMENT_REDACTED",
    ]);
    expect(await give({ words: "loud", times: 2 })).toEqual(["arguments", "REPLAY_ARGUMENT_OTHER"]);
    expect(await give({ words: "quiet", times: 2, more: 1 })).toEqual([
      "arguments",
      "REPLAY_ARGUMENT_GIVEN",
    ]);
    const args = { kind: "pairs", pairs: ["words=quiet", "times=2"] } as const;
    expect((await replayed(id, { args })).verdict).toBe("equal");
  });

  test("when a text was recorded under a key that the log has no more", async () => {
    const { id } = await run("whisper", { words: "quiet" });
    const log = await openAuditLog({ folder: auditFolder(place.home) });
    await log.rotateKey();
    await log.close();
    const args = { kind: "json", value: { words: "quiet" } } as const;
    expect(await refused(id, { args })).toEqual(["arguments", "REPLAY_KEY_REPLACED"]);
    const { id: later } = await run("whisper", { words: "quiet" });
    expect((await replayed(later, { args })).verdict).toBe("equal");
  });

  test("when the execution has no end", async () => {
    const { id } = await run("say", { words: "a" });
    const { executions } = await readAuditLog(auditFolder(place.home));
    const { start } = executions.find((one) => one.id === id) ?? {};
    const log = await openAuditLog({ folder: auditFolder(place.home) });
    const { caller, skill, action, form, environment, roots, sandbox, network, limits } =
      start ?? ({} as ExecutionStart);
    const runtime = { name: "killed", version: "1" };
    const values = start?.arguments ?? {};
    const begun = await log.start({
      ...{ caller, skill, action, form, environment, roots, sandbox, network, limits, runtime },
      arguments: values,
    });
    await log.close();
    expect(await refused(begun.id)).toEqual(["record", "REPLAY_NOT_ENDED"]);
    await expect(replay("000000000000-7")).rejects.toMatchObject({
      code: "AUDIT_EXECUTION_UNKNOWN",
    });
  });
});

describe("a forged record with a /bin/sh line", () => {
  const line = (canary: string): readonly string[] => ["/bin/sh", "-c", `touch ${canary}`];

  test("that was written into the log without its key is refused before anything is run", async () => {
    const canary = path.join(place.base, "canary");
    const { id } = await run("say", { words: "words" });
    const log = path.join(auditFolder(place.home), "log.ndjson");
    const whole = readFileSync(log, "utf8");
    for (const [from, to] of [
      ['"words":{"stored":"words"}', `"argv":{"stored":${JSON.stringify(line(canary))}}`],
      ['"action":"say"', `"action":"say","argv":${JSON.stringify(line(canary))}`],
      ['{"stored":"words"}', `{"stored":"; touch ${canary}"}`],
    ] as const) {
      expect(whole).toContain(from);
      const changed = await makeWorkspace("replayed");
      cpSync(auditFolder(place.home), auditFolder(changed.home), { recursive: true });
      writeFileSync(path.join(auditFolder(changed.home), "log.ndjson"), whole.replace(from, to));
      const result = await replayExecution(id, { ...changed, environment: {} });
      expect([result.kind, result.kind === "refusal" && result.stage]).toEqual(["refusal", "log"]);
      changed.remove();
    }
    expect(existsSync(canary)).toBe(false);
  });

  test("that the log's owner signed is bound by the contract, which knows no such thing", async () => {
    const canary = path.join(place.base, "canary");
    const { id } = await run("say", { words: "words" });
    const argv = { stored: [...line(canary)] };
    expect(await refused(await forge(id, (start) => ({ ...start, arguments: { argv } })))).toEqual([
      "arguments",
      "ARGUMENT_UNKNOWN",
      "ARGUMENT_MISSING",
    ]);
    expect(
      await refused(await forge(id, (start) => ({ ...start, arguments: { words: argv } }))),
    ).toEqual(["arguments", "ARGUMENT_REFUSED"]);
    expect(await refused(await forge(id, (start) => ({ ...start, action: "/bin/sh" })))).toEqual([
      "contract",
      "REPLAY_ACTION_UNKNOWN",
    ]);
    const words = { stored: line(canary).join(" ") };
    const literal = await replayed(
      await forge(id, (start) => ({ ...start, arguments: { words } })),
    );
    expect([literal.verdict, literal.replayed.stdout.bytes]).toEqual([
      "different",
      words.stored.length,
    ]);
    expect(existsSync(canary)).toBe(false);
  });

  test("cannot choose a folder", async () => {
    const { id } = await run("read");
    const roots = { data: { access: "read", path: { stored: "/etc" } } };
    const forged = await forge(id, (start) => ({ ...start, roots }));
    expect(await refused(forged)).toEqual(["roots", "REPLAY_ROOT_OTHER"]);
    const { verdict, notes } = await replayed(forged, { roots: { data } });
    expect([verdict, notes]).toEqual(["equal", [`the root data was "/etc" and is "${data}"`]]);
  });
});
