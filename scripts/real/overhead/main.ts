import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

import { detectLevels } from "@clawkeep/sandbox";
import { lockSkills, openRuntime } from "@clawkeep/skill-runtime";
import type { InvocationRequest, Runtime } from "@clawkeep/skill-runtime";

import { medianOf } from "../cold-query/measure.ts";
import { describeMachine, keepRun } from "../keep-run.ts";
import { figureMissed } from "../stages.ts";
import { residentProgram, writeSkills } from "./skills.ts";

/**
 * What checks, sandbox and records cost: one run of an `sh` action beside a bare bubblewrap, and one
 * request to a resident action beside the same program without anything around it. Each in turns with
 * what it is compared with, in one process, all by the same asynchronous spawn. Requests also after a
 * pause, as they come from an agent: then caches and clock are cold, for both.
 * `CLAWKEEP_KEEP_RUN=1` keeps the figures.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const rounds = 100;
const warmUp = 20;
const pauseMs = 10;
const bounds = { runOverBubblewrap: 2.5, requestMs: 2 };

async function main(): Promise<number> {
  const { bubblewrap } = await detectLevels();
  if (bubblewrap.path === undefined) {
    process.stdout.write(`not measured: ${bubblewrap.why ?? "bubblewrap is absent"}\n`);
    return 1;
  }
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-overhead-")));
  try {
    const workspace = path.join(base, "workspace");
    const surroundings = { home: path.join(base, "home"), workspace, programFolders: [] };
    const { findings } = await lockSkills(writeSkills(workspace), surroundings);
    if (findings.some(({ severity }) => severity === "error")) {
      throw new Error(JSON.stringify(findings));
    }
    // A skill that was written this second is read again each time.
    await pause(1500);
    await using runtime = await openRuntime({ ...surroundings, environment: {} });
    const alone = startAlone(path.join(workspace, residentProgram));
    try {
      return report(await measure(runtime, bubblewrap.path, alone));
    } finally {
      alone.end();
    }
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

interface Measured {
  readonly name: string;
  readonly median: number;
  readonly runs: readonly number[];
}

async function measure(
  runtime: Runtime,
  bubblewrap: string,
  alone: Alone,
): Promise<readonly Measured[]> {
  const ask: readonly Contender[] = [
    ["the resident program alone", () => alone.ask()],
    ["invoke of the resident action", () => invoke(runtime, "stays", { text: "hello" })],
  ];
  return [
    ...(await inTurns([
      ["plain spawn of sh -c 'exit 0'", () => run("/bin/sh", ["-c", "exit 0"])],
      [
        "bwrap … /bin/true",
        () => run(bubblewrap, ["--unshare-all", "--ro-bind", "/", "/", "--", "/bin/true"]),
      ],
      ["invoke of an sh action", () => invoke(runtime, "ends", {})],
    ])),
    ...(await inTurns(ask)),
    ...(await inTurns(
      ask.map(([name, act]) => [`${name}, after ${pauseMs} ms`, act]),
      pauseMs,
    )),
  ];
}

type Contender = readonly [string, () => Promise<void>];

async function inTurns(
  contenders: readonly Contender[],
  waitMs?: number,
): Promise<readonly Measured[]> {
  const times = new Map<string, number[]>(contenders.map(([name]) => [name, []]));
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const [name, act] of contenders) {
      if (waitMs !== undefined) {
        await pause(waitMs);
      }
      const began = performance.now();
      await act();
      if (round >= 0) {
        times.get(name)?.push(performance.now() - began);
      }
    }
  }
  return [...times].map(([name, runs]) => ({ name, runs, median: medianOf(runs) }));
}

function report(measured: readonly Measured[]): number {
  const [plain = 0, bare = 0, invoked = 0, own = 0, request = 0, coldOwn = 0, cold = 0] =
    measured.map(({ median }) => median);
  const ratio = invoked / bare;
  const added = request - own;
  const machine = describeMachine();
  const verdict = (holds: boolean): string => (holds ? "yes" : "NO");
  const holds = [ratio <= bounds.runOverBubblewrap, added <= bounds.requestMs] as const;
  const text = [
    "# What checks, sandbox and records cost",
    "",
    `${machine.cpu}, ${machine.cores} cores; Node ${process.versions.node}.`,
    `${rounds} rounds in turns, after ${warmUp} to warm up; milliseconds.`,
    "",
    "| | median | least | most |",
    "| --- | ---: | ---: | ---: |",
    ...measured.map(
      ({ name, median, runs }) =>
        `| ${name} | ${median.toFixed(2)} | ${Math.min(...runs).toFixed(2)} | ${Math.max(...runs).toFixed(2)} |`,
    ),
    "",
    `- an invocation takes ${ratio.toFixed(2)} × a bare bubblewrap (at most ${bounds.runOverBubblewrap}: ${verdict(holds[0])}), ${(invoked / plain).toFixed(1)} × a plain spawn`,
    `- a resident request takes ${added.toFixed(2)} ms over the program's own time (at most ${bounds.requestMs}: ${verdict(holds[1])}); after a pause of ${pauseMs} ms ${(cold - coldOwn).toFixed(2)} ms`,
    "",
  ].join("\n");
  process.stdout.write(`\n${text}`);
  if (process.env["CLAWKEEP_KEEP_RUN"] === "1") {
    keepRun(root, "overhead", text, {
      machine,
      node: process.versions.node,
      ratio,
      added,
      measured,
    });
  }
  return holds.every(Boolean) ? 0 : figureMissed;
}

async function invoke(
  runtime: Runtime,
  skill: string,
  value: Readonly<Record<string, string>>,
): Promise<void> {
  const request: InvocationRequest = {
    skill,
    args: { kind: "json", value },
    caller: { transport: "test" },
    level: "bubblewrap",
  };
  const result = await runtime.invoke(request);
  if (result.kind === "refusal" || !result.ok) {
    throw new Error(JSON.stringify(result));
  }
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, [...args], { env: {}, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.resume();
  child.stderr.resume();
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) {
    throw new Error(`${command} ended with ${String(code)}`);
  }
}

interface Alone {
  ask(): Promise<void>;
  end(): void;
}

function startAlone(program: string): Alone {
  const child = spawn(process.execPath, [program], { env: {}, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async () => {
      child.stdin.write(`${JSON.stringify({ id: 1, input: { text: "hello" } })}\n`);
      await lines.next();
    },
    end: () => child.kill(),
  };
}

process.exitCode = await main();
