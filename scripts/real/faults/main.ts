import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { openEmbedder } from "@clawkeep/embedder";
import type { Embedder } from "@clawkeep/embedder";
import { modelFolder, modelManifest } from "@clawkeep/model-minilm";
import { currentSnapshot } from "@clawkeep/retrieval";

import { describeMachine, keepRun } from "../keep-run.ts";
import type { Roots, Seen } from "./check-after-kill.ts";
import { checkAfterKill } from "./check-after-kill.ts";
import type { Lane, Scenario } from "./scenarios.ts";
import { copyTree, laneAt, scenarios } from "./scenarios.ts";
import type { SystemCall } from "./strace-log.ts";
import { readStraceLog } from "./strace-log.ts";
import { checkWriteOrder } from "./write-order.ts";

/**
 * Kills the real program before its n-th write, sync, rename or removal, by strace, and checks what is
 * left: the published index answers, and the next run completes without embedding anything twice. A
 * crash of the process, not of the machine: what the kernel has is not lost. That the order of writing
 * would also survive a power cut is checked from a log of the calls. `CLAWKEEP_KEEP_RUN=1` keeps the
 * table.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const app = path.join(root, "apps/local-rag");
const copies = path.join(app, "node_modules/.cache");
mkdirSync(copies, { recursive: true });
/** A copy of what was built: nobody who builds meanwhile takes it away. Node finds from there what it finds from there. */
const built = mkdtempSync(path.join(copies, "faults-"));
const program = path.join(built, "main.js");
const wanted = 520;
const enough = 500;
const names = [
  "write",
  "writev",
  "pwrite64",
  "fsync",
  "fdatasync",
  "rename",
  "renameat2",
  "unlink",
  "ftruncate",
];
const lanes = 6;

interface Point {
  readonly scenario: Scenario;
  readonly name: string;
  readonly nth: number;
}

interface Outcome {
  readonly point: Point;
  /** The call that the process died before; undefined when it came to its end. */
  readonly died: SystemCall | undefined;
  readonly seen: Seen;
}

function environment(lane: Lane): NodeJS.ProcessEnv {
  // One thread for files, so that calls come in the same order each time.
  return { PATH: process.env["PATH"], CLAWKEEP_HOME: lane.home, UV_THREADPOOL_SIZE: "1" };
}

function runToEnd(lane: Lane, args: readonly string[]): void {
  const done = spawnSync(process.execPath, [program, ...args], {
    env: environment(lane),
    encoding: "utf8",
  });
  if (done.status !== 0) {
    throw new Error(`${args.join(" ")}: ${done.stderr}`);
  }
}

/** The calls of one run under strace; with a point, the run that dies there. */
async function trace(
  lane: Lane,
  scenario: Scenario,
  point?: Point,
): Promise<{ readonly calls: readonly SystemCall[]; readonly killed: boolean }> {
  const log = path.join(path.dirname(lane.base), `${path.basename(lane.base)}.log`);
  const what =
    point === undefined ? [] : ["-e", `inject=${point.name}:signal=KILL:when=${point.nth}`];
  const traced = point?.name ?? names.join(",");
  const child = spawn(
    "strace",
    [
      ...["-f", "-y", "-o", log, "-e", `trace=${traced}`, ...what],
      ...[process.execPath, program, ...scenario.args(lane)],
    ],
    { env: environment(lane), stdio: ["ignore", "ignore", "pipe"] },
  );
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const end = await new Promise<number | string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal ?? code ?? 1));
  });
  const killed = end === "SIGKILL" || end === 137;
  if (!killed && end !== 0) {
    throw new Error(`strace ended with ${end}: ${stderr}`);
  }
  return { calls: readStraceLog(readFileSync(log, "utf8")), killed };
}

/** Where a call works on the index or the registry. */
function onDisk(lane: Lane, { path: file }: SystemCall): boolean {
  return file.startsWith(`${lane.index}/`) || file === lane.index || file.startsWith(lane.registry);
}

interface Survey {
  readonly roots: Roots;
  readonly points: readonly Point[];
  readonly renames: number;
  readonly faults: readonly string[];
}

/** Runs a scenario to its end, once: what it comes to, in which calls, and whether their order is right. */
async function survey(lane: Lane, scenario: Scenario, template: string): Promise<Survey> {
  rmSync(lane.base, { recursive: true, force: true });
  scenario.prepare(lane, (args) => runToEnd(lane, args));
  copyTree(lane.base, template);
  const before = existsSync(lane.index) ? currentSnapshot(lane.index)?.snapshotRoot : undefined;
  const { calls } = await trace(lane, scenario);
  const after = currentSnapshot(lane.index)?.snapshotRoot;
  if (after === undefined || after === before) {
    throw new Error(`${scenario.name} published nothing`);
  }
  const points = new Map<string, Point>();
  for (const { name, nth } of calls.filter((call) => onDisk(lane, call))) {
    points.set(`${name} ${nth}`, { scenario, name, nth });
  }
  const order = checkWriteOrder(
    calls.filter((call) => onDisk(lane, call)),
    lane.base,
  );
  return {
    roots: { before, after, forgets: scenario.args(lane)[0] === "forget" },
    points: [...points.values()],
    ...order,
  };
}

/** So many of a list, evenly; all of what is rarer than the others comes first. */
function sample(points: readonly Point[], count: number): readonly Point[] {
  const rare = points.filter(({ name }) => name !== "pwrite64");
  const common = points.filter(({ name }) => name === "pwrite64");
  const room = Math.max(0, count - rare.length);
  const step = Math.max(1, common.length / Math.max(1, room));
  const chosen = Array.from(
    { length: Math.min(room, common.length) },
    (_, at) => common[Math.floor(at * step)],
  ).filter((point) => point !== undefined);
  return [...rare, ...chosen];
}

async function main(): Promise<number> {
  requireStrace();
  cpSync(path.join(app, "dist"), built, { recursive: true });
  const base = mkdtempSync(path.join(tmpdir(), "clawkeep-faults-"));
  const embedder = await openEmbedder({ verify: true, folder: modelFolder(), workers: 1 });
  try {
    return await kill(base, embedder);
  } finally {
    await embedder.close();
    rmSync(built, { recursive: true, force: true });
    rmSync(base, { recursive: true, force: true });
  }
}

async function kill(base: string, embedder: Embedder): Promise<number> {
  const first = laneAt(path.join(base, "lane-0"));
  const surveys = new Map<Scenario, Survey>();
  for (const [at, scenario] of scenarios.entries()) {
    const found = await survey(first, scenario, path.join(base, `probe-${at}`));
    surveys.set(scenario, found);
    process.stdout.write(
      `${scenario.name}: ${found.points.length} points on the disk, ${found.renames} renames in order\n`,
    );
  }
  const wrong = [...surveys.values()].flatMap(({ faults }) => faults);
  wrong.forEach((fault) => process.stdout.write(`ORDER: ${fault}\n`));
  const share = wanted / scenarios.length;
  const plenty = scenarios.filter((each) => (surveys.get(each)?.points.length ?? 0) > share);
  const few = scenarios.filter((each) => !plenty.includes(each));
  const taken = few.reduce((sum, each) => sum + (surveys.get(each)?.points.length ?? 0), 0);
  const points = scenarios.flatMap((each) =>
    sample(
      surveys.get(each)?.points ?? [],
      plenty.includes(each) ? (wanted - taken) / plenty.length : wanted,
    ),
  );
  const outcomes: Outcome[] = [];
  const failures: string[] = [];
  const queue = [...points];
  const work = async (number: number): Promise<void> => {
    const lane = laneAt(path.join(base, `lane-${number}`));
    for (const [at, scenario] of scenarios.entries()) {
      // The registry knows an index by its path, so each lane makes its own.
      const template = path.join(base, `template-${number}-${at}`);
      rmSync(lane.base, { recursive: true, force: true });
      mkdirSync(lane.base, { recursive: true });
      scenario.prepare(lane, (args) => runToEnd(lane, args));
      copyTree(lane.base, template);
    }
    for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
      const found = surveys.get(point.scenario);
      copyTree(
        path.join(base, `template-${number}-${scenarios.indexOf(point.scenario)}`),
        lane.base,
      );
      try {
        const { calls, killed } = await trace(lane, point.scenario, point);
        const died = killed ? calls.findLast(({ ended }) => ended === undefined) : undefined;
        const seen = await checkAfterKill(
          lane,
          embedder,
          modelManifest.spaceId,
          found?.roots ?? { before: undefined, after: "", forgets: false },
        );
        outcomes.push({
          point,
          died: died !== undefined && onDisk(lane, died) ? died : undefined,
          seen,
        });
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        failures.push(`${point.scenario.name}, ${point.name} ${point.nth}: ${what}`);
        process.stdout.write(`FAILED ${failures.at(-1) ?? ""}\n`);
      }
      if ((outcomes.length + failures.length) % 50 === 0) {
        process.stdout.write(`${outcomes.length + failures.length} of ${points.length}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, number) => work(number)));
  return report(outcomes, failures, wrong, [...surveys.values()]);
}

function report(
  outcomes: readonly Outcome[],
  failures: readonly string[],
  wrong: readonly string[],
  surveys: readonly Survey[],
): number {
  const machine = describeMachine();
  const onFiles = outcomes.filter(({ died }) => died !== undefined);
  const counts = (of: readonly Outcome[], seen: Seen): number =>
    of.filter((outcome) => outcome.seen === seen).length;
  const rows = scenarios.flatMap((scenario) =>
    names.flatMap((name) => {
      const here = onFiles.filter(
        ({ point }) => point.scenario === scenario && point.name === name,
      );
      return here.length === 0
        ? []
        : [
            `| ${scenario.name} | ${name} | ${here.length} | ${counts(here, "nothing")} | ${counts(here, "before")} | ${counts(here, "after")} |`,
          ];
    }),
  );
  const renames = surveys.reduce((sum, each) => sum + each.renames, 0);
  const text = [
    `# The real program killed at ${onFiles.length} points`,
    "",
    `${machine.cpu}, ${machine.cores} cores; Node ${process.versions.node}. SIGKILL by strace before the n-th system call of its name: a crash of the process, not a power cut.`,
    "",
    "| run | killed before | points | nothing published | the old snapshot | the new snapshot |",
    "| --- | --- | ---: | ---: | ---: | ---: |",
    ...rows,
    "",
    `- after each: what was published answers and verifies, the next run completes to the same root, embeds exactly what has no vector, leaves no rubbish: ${failures.length === 0 ? "yes" : `NO, ${failures.length} did not`}`,
    `- beside them, ${outcomes.length - onFiles.length} that hit a call that is not on the index's files, or none`,
    `- write, fsync, rename, fsync of the folder, in this order, for ${renames} renames: ${wrong.length === 0 ? "yes" : "NO"}`,
    `- at least ${enough} points: ${onFiles.length >= enough ? "yes" : "NO"}`,
    "",
  ].join("\n");
  process.stdout.write(`\n${text}`);
  if (process.env["CLAWKEEP_KEEP_RUN"] === "1") {
    const data = outcomes.map(({ point, died, seen }) => ({
      scenario: point.scenario.name,
      call: point.name,
      nth: point.nth,
      file: died === undefined ? null : kindOfFile(died.to ?? died.path),
      seen,
    }));
    keepRun(root, "faults", text, {
      machine,
      node: process.versions.node,
      points: data,
      failures,
      wrong,
    });
  }
  return failures.length === 0 && wrong.length === 0 && onFiles.length >= enough ? 0 : 1;
}

/** Names of temporary files and segments differ each time. */
function kindOfFile(file: string): string {
  return path.basename(file).replaceAll(/[0-9a-f]{12,}/gu, "…");
}

function requireStrace(): void {
  if (spawnSync("strace", ["-V"]).status !== 0) {
    const { status } = spawnSync("apt-get", ["install", "--yes", "strace"], { stdio: "inherit" });
    if (status !== 0) {
      throw new Error("strace is needed: apt-get install strace");
    }
  }
}

process.exitCode = await main();
