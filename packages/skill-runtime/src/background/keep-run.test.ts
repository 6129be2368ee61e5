import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import {
  cleanState,
  findRun,
  keepRun,
  listRuns,
  makeRunId,
  stopRun,
  waitForRun,
} from "../index.ts";
import type { Execution, InvocationRequest, RunResult, RuntimeConfiguration } from "../index.ts";
import { writeState } from "./run-state.ts";

let base: string;
let home: string;

beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), "clawkeep-background-"));
  home = path.join(base, "home");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const request: InvocationRequest = {
  skill: "probe",
  args: { kind: "pairs", pairs: ["private=canary"] },
  caller: { transport: "test" },
};

const execution = (more: Partial<Execution> = {}): Execution => ({
  kind: "execution",
  id: "0-1",
  skill: "probe",
  action: "say",
  form: "oneshot",
  level: "none",
  exitCode: 0,
  signal: null,
  meaning: "done",
  ok: true,
  output: "valid",
  outputFindings: [],
  stdout: Buffer.from([0, 255, 10]),
  stderr: new Uint8Array(),
  durationMs: 1.5,
  provenance: {},
  notes: [],
  ...more,
});

interface Kept {
  readonly id: string;
  readonly result: RunResult;
}

async function keep(
  configuration: RuntimeConfiguration = {},
  invoke: (asked: InvocationRequest) => Promise<Execution> = async ({ onRecord }) => {
    onRecord?.("0-1");
    return execution();
  },
  more: Partial<Parameters<typeof keepRun>[0]> = {},
): Promise<Kept> {
  const id = makeRunId();
  const result = await keepRun({ home, id, configuration, runtime: { invoke }, request, ...more });
  return { id, result };
}

describe("a background run", () => {
  test("is listed while it runs, and with its result and records afterwards", async () => {
    const seen: unknown[] = [];
    const { id } = await keep({}, async ({ onRecord }) => {
      onRecord?.("0-1");
      onRecord?.("0-3");
      seen.push((await listRuns(home)).map(({ state }) => state));
      return execution();
    });
    expect(seen).toEqual([["running"]]);
    const run = await findRun(home, id);
    expect(run).toMatchObject({ id, state: "ended", executions: ["0-1", "0-3"] });
    expect(run.ending?.result).toEqual({
      ...execution(),
      stdout: Buffer.from([0, 255, 10]),
      stderr: Buffer.alloc(0),
    });
    expect((await waitForRun(home, id, {})).state).toBe("ended");
    expect((await stopRun(home, id)).state).toBe("ended");
  });

  test("keeps its arguments to itself, and its files to this user", async () => {
    const { id } = await keep();
    const folder = path.join(home, "runs", id);
    for (const name of readdirSync(folder)) {
      const file = path.join(folder, name);
      expect([name, statSync(file).mode & 0o777]).toEqual([name, 0o600]);
      expect(readFileSync(file, "utf8")).not.toContain("canary");
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("of a machinery that fails has ended with that error", async () => {
    const { result } = await keep({}, async () => {
      throw new Error("no such log");
    });
    expect(result).toEqual({ kind: "error", code: "RUNTIME_FAILED", message: "no such log" });
  });

  test("whose process was killed is lost, not running", async () => {
    const dead = spawnSync(process.execPath, [
      "--conditions=source",
      "--input-type=module",
      "-e",
      `import { processMark } from ${JSON.stringify(path.resolve(import.meta.dirname, "../../../durable-files/src/owned-folder.ts"))};
       process.stdout.write(processMark());`,
    ]);
    const { id } = await keep();
    const folder = path.join(home, "runs", id);
    rmSync(path.join(folder, "ending.json"));
    await writeState(folder, {
      run: 1,
      id,
      skill: "probe",
      process: dead.stdout.toString(),
      began: new Date().toISOString(),
      executions: [],
    });
    expect((await findRun(home, id)).state).toBe("lost");
    expect((await stopRun(home, id)).state).toBe("lost");
    await cleanState({ home, temporary: base, configuration: { cleanupMs: 0 } });
    expect(await listRuns(home)).toEqual([]);
  });

  test("is refused when as many run as may, and counts no more once it has ended", async () => {
    const configuration = { concurrency: { background: 1 } };
    await keep(configuration, async () => {
      await expect(keep(configuration)).rejects.toMatchObject({ code: "BACKGROUND_FULL" });
      return execution();
    });
    expect((await keep(configuration)).result).toMatchObject({ kind: "execution" });
  });

  test("leaves nothing when whoever asked took the result, and nobody is told", async () => {
    const file = path.join(base, "events");
    await keep({ notify: { file } }, undefined, { onEnded: async () => true });
    expect([await listRuns(home), existsSync(file)]).toEqual([[], false]);
  });

  test("goes from the list when cleanupMs is over, and never while it runs", async () => {
    const { id: first } = await keep({ cleanupMs: 60_000 });
    await keep({ cleanupMs: 60_000 }, async () => {
      const report = await cleanState({
        home,
        temporary: base,
        configuration: { cleanupMs: 60_000 },
        now: Date.now() + 61_000,
      });
      expect(report.removed).toMatchObject([{ kind: "background-run" }]);
      return execution();
    });
    await expect(findRun(home, first)).rejects.toMatchObject({ code: "RUN_UNKNOWN" });
    expect(await listRuns(home)).toHaveLength(1);
    // The next background run does it too.
    await keep({ cleanupMs: 0 });
    expect(await listRuns(home)).toHaveLength(1);
  });

  test.each(["../../etc", "", "0123456789ABCDEF", "0".repeat(16)])(
    "has no id like %j",
    async (id) => {
      await expect(findRun(home, id)).rejects.toMatchObject({ code: "RUN_UNKNOWN" });
    },
  );

  test("whose files are damaged is not listed, and cannot make another one's name up", async () => {
    const { id } = await keep();
    const { id: other } = await keep();
    const folder = path.join(home, "runs", id);
    writeFileSync(path.join(folder, "state.json"), '{"run":1');
    writeFileSync(path.join(home, "runs", other, "ending.json"), '{"run":1,"result":{"kind":"x"}}');
    const state = readFileSync(path.join(home, "runs", other, "state.json"), "utf8");
    expect((await listRuns(home)).map((run) => run.id)).toEqual([other]);
    writeFileSync(path.join(folder, "state.json"), state);
    expect((await listRuns(home)).map((run) => run.id)).toEqual([other]);
  });
});

describe("the end of a background run", () => {
  const events = (file: string): readonly unknown[] =>
    existsSync(file)
      ? readFileSync(file, "utf8")
          .trimEnd()
          .split("\n")
          .map((line): unknown => JSON.parse(line))
      : [];
  const silent = async (): Promise<Execution> => execution({ stdout: new Uint8Array() });

  test("is told to a file and to a command, with no text of the program", async () => {
    const file = path.join(base, "events");
    const heard = path.join(base, "heard");
    const command = ["/bin/sh", "-c", `cat > ${heard}; env | sort >> ${heard}`];
    process.env["CLAWKEEP_TEST_CANARY"] = "canary";
    const { id } = await keep({ notify: { file, command } }).finally(() => {
      delete process.env["CLAWKEEP_TEST_CANARY"];
    });
    expect(events(file)).toMatchObject([
      { version: 1, event: "run-ended", run: id, skill: "probe", ok: true, outputBytes: 3 },
    ]);
    const [line = "", ...environment] = readFileSync(heard, "utf8").split("\n");
    expect(JSON.parse(line)).toEqual(events(file)[0]);
    expect(environment.join()).not.toContain("CANARY");
    expect((await findRun(home, id)).ending?.notified).toEqual({ file: "done", command: "done" });
  });

  test.each<[string, RuntimeConfiguration, number]>([
    ["nothing when it succeeded without output", {}, 0],
    ["that too when it is asked for", { notifyOnExitEmptySuccess: true }, 1],
    [
      "nothing at all when nobody wants to know",
      { notifyOnExit: false, notifyOnExitEmptySuccess: true },
      0,
    ],
  ])("tells %s", async (_what, configuration, count) => {
    const file = path.join(base, "events");
    await keep({ ...configuration, notify: { file } }, silent);
    expect(events(file)).toHaveLength(count);
  });

  test("tells of a failure without output", async () => {
    const file = path.join(base, "events");
    const failing = async (): Promise<Execution> =>
      execution({ stdout: new Uint8Array(), ok: false, meaning: "failure", exitCode: 2 });
    await keep({ notify: { file } }, failing);
    expect(events(file)).toMatchObject([{ ok: false, meaning: "failure", exitCode: 2 }]);
  });

  test("that cannot be told is noted, and the result is kept", async () => {
    const file = path.join(base, "events");
    symlinkSync(path.join(base, "elsewhere"), file);
    const { id } = await keep({ notify: { file, command: ["/nonexistent/program"] } });
    const { ending } = await findRun(home, id);
    expect(ending?.result).toMatchObject({ kind: "execution", ok: true });
    expect(ending?.notified?.["file"]).toMatch(/^failed: ELOOP/u);
    expect(ending?.notified?.["command"]).toMatch(/^failed: .*ENOENT/u);
    expect(existsSync(path.join(base, "elsewhere"))).toBe(false);
  });
});
