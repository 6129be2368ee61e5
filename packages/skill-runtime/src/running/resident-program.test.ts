import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { readAuditLog } from "@clawkeep/audit-log";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { executed, makeWorkspace, request, testableLevels } from "../../test/workspace.ts";
import type { TestWorkspace } from "../../test/workspace.ts";
import { auditFolder, openRuntime } from "../index.ts";
import type { Execution, Runtime } from "../index.ts";

describe.each(await testableLevels())("at level %s a resident program", (level) => {
  let place: TestWorkspace;
  let runtime: Runtime;
  const say = async (text: string, signal?: AbortSignal): Promise<Execution> =>
    executed(
      await runtime.invoke(
        request("talk", { text }, { level, ...(signal === undefined ? {} : { signal }) }),
      ),
    );
  const countOf = ({ json }: Execution): number => (json as { count: number }).count;

  beforeAll(async () => {
    place = await makeWorkspace();
    runtime = await openRuntime({ ...place, environment: {} });
  });
  afterAll(async () => {
    await runtime.close();
    place.remove();
  });

  test("serves one request after another from one process, each with its records", async () => {
    const answers = await Promise.all(["a", "b", "no"].map((text) => say(text)));
    // Which of them comes first is not promised.
    expect(answers.map(countOf).sort()).toEqual([1, 2, 3]);
    expect(answers.map(({ meaning }) => meaning)).toEqual(["done", "done", "no"]);
    const { executions, ok } = await readAuditLog(auditFolder(place.home));
    const own = answers.map(({ id }) => executions.find((execution) => execution.id === id));
    expect(ok).toBe(true);
    expect(own.map((execution) => execution?.start.resident?.request).sort()).toEqual([1, 2, 3]);
    expect(new Set(own.map((execution) => execution?.start.resident?.process)).size).toBe(1);
    expect(own.map((execution) => execution?.end?.ended)).toEqual(["exited", "exited", "exited"]);
  });

  test.each([
    ["hang", "timeout", undefined],
    ["crash", undefined, "RESIDENT_ENDED"],
    ["garbage", undefined, "RESIDENT_REPLY_INVALID"],
    ["wrong id", undefined, "RESIDENT_REPLY_INVALID"],
    ["no output", undefined, "RESIDENT_REPLY_INVALID"],
    ["extra", undefined, "RESIDENT_REPLY_INVALID"],
    ["long", "stdout-limit", undefined],
  ])(
    "that answers badly (%s) is given up, and the next request gets a new one",
    async (text, ending, code) => {
      await say("before");
      const bad = await say(text);
      expect([bad.ok, bad.meaning, bad.terminatedBy, bad.error?.code]).toEqual([
        false,
        "failure",
        ending,
        code,
      ]);
      expect(countOf(await say("after"))).toBe(1);
    },
  );

  test("that answers without being asked is given up", async () => {
    await say("unasked");
    // The second line may come a moment after the first.
    const results: (string | undefined)[] = [];
    await vi.waitFor(async () => {
      results.push((await say("next")).error?.code);
      expect(results).toContain("RESIDENT_REPLY_INVALID");
    }, 20_000);
    expect(results.slice(0, -1).every((code) => code === undefined)).toBe(true);
  });

  test("is ended when a request is cancelled", async () => {
    const controller = new AbortController();
    const pending = say("hang", controller.signal);
    setImmediate(() => controller.abort());
    expect((await pending).terminatedBy).toBe("cancelled");
    expect(countOf(await say("after"))).toBe(1);
  });

  test("is ended when it has been idle, and costs nobody a request", async () => {
    const first = await say("one");
    expect(alive()).toBe(true);
    await vi.waitFor(() => expect(alive()).toBe(false), { timeout: 5000, interval: 50 });
    const next = await say("two");
    expect([first.ok, countOf(next)]).toEqual([true, 1]);
  });
});

describe("resident programs", () => {
  let place: TestWorkspace;
  beforeAll(async () => {
    place = await makeWorkspace();
    for (const name of ["one", "two"]) mkdirSync(path.join(place.workspace, name));
  });
  afterAll(() => place.remove());

  test("one that is killed in the middle of a request fails that one, and the next get a fresh one", async () => {
    await using runtime = await openRuntime({ ...place, environment: {} });
    const say = async (text: string): Promise<Execution> =>
      executed(await runtime.invoke(request("brief", { text })));
    const killed = say("hang");
    const program = await vi.waitFor(
      async () => {
        const { executions } = await readAuditLog(auditFolder(place.home));
        expect(executions).toHaveLength(1);
        const [pid, ...others] = residents();
        expect(others).toEqual([]);
        return pid ?? expect.fail("the program has not started");
      },
      { timeout: 20_000 },
    );
    // Asked at the same moment it might come first: that is not promised.
    const queued = say("queued");
    process.kill(program, "SIGKILL");
    const [failed, next] = [await killed, await queued];
    expect(failed, JSON.stringify(failed)).toMatchObject({
      ok: false,
      error: { code: "RESIDENT_ENDED" },
    });
    expect([next.ok, (next.json as { count: number }).count]).toEqual([true, 1]);
    const { executions, ok } = await readAuditLog(auditFolder(place.home));
    expect([ok, executions.map(({ end }) => end?.ended)]).toEqual([true, ["failed", "exited"]]);
    expect(executions[1]?.start.resident).toMatchObject({ request: 1 });
    expect(executions[1]?.start.resident?.process).not.toBe(executions[0]?.start.resident?.process);
  });

  test("one that crashes again and again is started again later, each request with its record", async () => {
    await using runtime = await openRuntime({ ...place, environment: {} });
    const ends: (string | undefined)[] = [];
    // The pauses of 250 and 500 ms fit into the time of a request, the next one does not.
    while (ends.length < 12 && !ends.includes("RESIDENT_BACKS_OFF")) {
      const result = executed(await runtime.invoke(request("talk", { text: "crash" })));
      expect(result.ok).toBe(false);
      ends.push(result.error?.code);
    }
    expect(ends.slice(0, 2)).toEqual(["RESIDENT_ENDED", "RESIDENT_ENDED"]);
    expect(ends.at(-1)).toBe("RESIDENT_BACKS_OFF");
    const { executions } = await readAuditLog(auditFolder(place.home));
    expect(executions.slice(-ends.length).map(({ status }) => status)).toEqual(
      ends.map(() => "ended"),
    );
    expect(residents()).toEqual([]);
  });

  test("there are no more than may be, the one that was idle longest makes room", async () => {
    await using runtime = await openRuntime({
      ...place,
      environment: {},
      configuration: { concurrency: { residents: 2 } },
    });
    const count = async (root: string): Promise<number> => {
      const result = executed(
        await runtime.invoke(request("rooted", { text: "x" }, { roots: { data: root } })),
      );
      expect(residents().length).toBeLessThanOrEqual(2);
      return (result.json as { count: number }).count;
    };
    expect([await count("one"), await count("two"), await count("one")]).toEqual([1, 1, 2]);
    expect([await count("data"), await count("one"), await count("two")]).toEqual([1, 3, 1]);
    // More at one time than there may be: all are served.
    expect(await Promise.all(["one", "two", "data", "one", "two", "data"].map(count))).toHaveLength(
      6,
    );
  });
});

test("a runtime that is closed ends what it keeps, and takes nothing more", async () => {
  const place = await makeWorkspace();
  const runtime = await openRuntime({ ...place, environment: {} });
  const pending = runtime.invoke(request("talk", { text: "hang" }));
  await vi.waitFor(async () => {
    const { executions } = await readAuditLog(auditFolder(place.home));
    expect(executions.length).toBe(1);
  }, 20_000);
  await runtime.close();
  // Between the start record and the start of the process it is too early to have failed.
  const result = await pending.catch((error: unknown) => error);
  if (result instanceof Error) expect(result).toMatchObject({ code: "RUNTIME_CLOSED" });
  else expect(result).toMatchObject({ kind: "execution", ok: false });
  await expect(runtime.invoke(request("talk", { text: "late" }))).rejects.toThrow();
  const { executions, ok } = await readAuditLog(auditFolder(place.home));
  expect([ok, executions.map(({ status }) => status)]).toEqual([true, ["ended"]]);
  place.remove();
});

/** Pids of the resident programs themselves below this process: of none that a sandbox has yet to start. */
function residents(of: number = process.pid): readonly number[] {
  try {
    const below = readdirSync(`/proc/${of}/task`)
      .flatMap((task) => readFileSync(`/proc/${of}/task/${task}/children`, "utf8").split(" "))
      .filter((pid) => pid !== "")
      .map(Number);
    return below.flatMap((pid) => {
      const command = readFileSync(`/proc/${pid}/cmdline`, "latin1");
      const name = readFileSync(`/proc/${pid}/comm`, "latin1");
      const started = !/^(?:bwrap|clawkeep-)/u.test(name);
      return started && /probe\.mjs\0resident/u.test(command) && residents(pid).length === 0
        ? [pid]
        : residents(pid);
    });
  } catch {
    return [];
  }
}

/** Whether a resident runs below a process: a launcher may stand between. */
function alive(of: number = process.pid): boolean {
  try {
    return readFileSync(`/proc/${of}/task/${of}/children`, "utf8")
      .split(" ")
      .filter((pid) => pid !== "")
      .some(
        (pid) =>
          readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("\0resident") ||
          alive(Number(pid)),
      );
  } catch {
    return false;
  }
}
