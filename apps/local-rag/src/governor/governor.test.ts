import { execFileSync } from "node:child_process";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { commands } from "../arguments/command-table.ts";
import { cpuPace } from "./cpu-pace.ts";
import type { MachineShare } from "./share-of-machine.ts";
import { shareOfMachine } from "./share-of-machine.ts";

const coded = (code: string): unknown => expect.objectContaining({ code });

function share(flags: Readonly<Record<string, string>>, all: number): MachineShare {
  return shareOfMachine(
    commands.index,
    { flags: new Map(Object.entries(flags)), positional: [] },
    all,
  );
}

describe("the share of the machine", () => {
  test("is half of it unless it is said", () => {
    expect(share({}, 8)).toEqual({ processors: 4, governed: true, sessions: 4 });
    expect(share({}, 1)).toEqual({ processors: 0.5, governed: true, sessions: 1 });
    expect(share({}, 3)).toEqual({ processors: 1.5, governed: true, sessions: 2 });
  });

  test.each([
    ["1", 8, 1, 1],
    ["1.5", 8, 1.5, 2],
    ["25%", 8, 2, 2],
    ["10%", 2, 0.2, 1],
    ["0.05", 2, 0.05, 1],
  ])("is %s of %i processors", (cpu, all, processors, sessions) => {
    expect(share({ cpu }, all)).toEqual({ processors, governed: true, sessions });
  });

  test.each(["8", "100%", "99", "1000%"])("is all of it, ungoverned, with %s of 8", (cpu) => {
    expect(share({ cpu }, 8)).toEqual({ processors: 8, governed: false, sessions: 8 });
  });

  test("has no more sessions than the memory holds, whoever asks for them", () => {
    expect(share({ cpu: "100%", memory: "100M" }, 8).sessions).toBe(1);
    expect(share({ cpu: "100%", memory: "300MB" }, 8).sessions).toBe(6);
    expect(share({ memory: "200MiB", workers: "9" }, 8).sessions).toBe(3);
    expect(share({ memory: "2GiB", workers: "0" }, 8).sessions).toBe(0);
  });

  test.each([
    { cpu: "0" },
    { cpu: "-1" },
    { cpu: "1e3" },
    { cpu: "0.01" },
    { cpu: "%" },
    { cpu: "" },
    { memory: "1M" },
    { memory: "500 M" },
    { memory: "-5G" },
    { memory: "5T" },
    { memory: "" },
    { workers: "x" },
  ])("is refused as %j", (flags) => {
    expect(() => share(flags, 8)).toThrow(coded("USAGE"));
  });
});

describe("the pace", () => {
  /** A machine that works 10 ms on `busy` processors a piece, and counts. */
  async function run(processors: number, busy: number): Promise<number> {
    let [elapsed, used] = [0, 0];
    const clock = {
      elapsedMs: () => elapsed,
      usedMs: () => used,
      sleep: (ms: number): Promise<void> => {
        elapsed += ms;
        return Promise.resolve();
      },
    };
    const pace = cpuPace(processors, new AbortController().signal, clock);
    for (let piece = 0; piece < 2000; piece += 1) {
      await pace();
      elapsed += 10;
      used += 10 * busy;
    }
    return used / elapsed;
  }

  test.each([
    [0.25, 1],
    [0.5, 2],
    [1, 1.3],
    [3, 8],
  ])("keeps to %d processors work that would take %d", async (processors, busy) => {
    const taken = await run(processors, busy);
    expect(taken).toBeLessThan(processors * 1.03);
    expect(taken).toBeGreaterThan(processors * 0.97);
  });

  test("does not hold up work that takes less", async () => {
    expect(await run(2, 1)).toBe(1);
  });

  test("ends at once when the run is told to stop", async () => {
    const abort = new AbortController();
    const clock = {
      elapsedMs: () => 0,
      usedMs: () => 1e9,
      sleep: (): Promise<void> => {
        abort.abort();
        return Promise.resolve();
      },
    };
    await cpuPace(1, abort.signal, clock)();
    expect(abort.signal.aborted).toBe(true);
  });
});

test.runIf(process.platform === "linux")(
  "a lower priority holds for every thread of the process",
  () => {
    const program = `
    import { readdirSync, readFileSync } from "node:fs";
    import { lowerPriority } from ${JSON.stringify(path.join(import.meta.dirname, "low-priority.ts"))};
    import { Worker } from "node:worker_threads";
    lowerPriority();
    const worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
    await new Promise((resolve) => worker.once("online", resolve));
    const nice = readdirSync("/proc/self/task").map((task) =>
      readFileSync("/proc/self/task/" + task + "/stat", "utf8").split(") ")[1].split(" ")[16]);
    process.stdout.write([...new Set(nice)].join());
    process.exit(0);`;
    const args = ["--conditions=source", "--input-type=module", "--eval", program];
    expect(execFileSync(process.execPath, args, { encoding: "utf8" })).toBe("10");
  },
);
