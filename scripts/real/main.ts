import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { observations } from "./observe-row.ts";
import {
  dueStages,
  figureMissed,
  inputDigest,
  keepPass,
  passedInPart,
  readStages,
  withinBudget,
} from "./stages.ts";

/**
 * `npm run test:real -- STAGE… | --due [--budget MINUTES] | --all | --list`. A pass is kept in ci/passed.json. A figure
 * that is missed fails a stage that was asked for by name; among many, on a machine that others use,
 * it is printed, the stage stays due, and the run goes on.
 */
const root = path.dirname(path.dirname(import.meta.dirname));

async function main(args: readonly string[]): Promise<number> {
  const stages = readStages(root);
  const wanted = args.includes("--all")
    ? Object.keys(stages).filter((name) => stages[name]?.byNameOnly !== true)
    : args.includes("--due")
      ? dueStages(root)
      : args.filter((arg, at) => !arg.startsWith("-") && args[at - 1] !== "--budget");
  const { names, left } = withinBudget(wanted, stages, budgetOf(args));
  const unknown = names.filter((name) => stages[name] === undefined);
  if (args.includes("--list") || unknown.length > 0 || (args.length === 0 && names.length === 0)) {
    for (const name of unknown) {
      process.stderr.write(`unknown stage ${JSON.stringify(name)}\n`);
    }
    const due = new Set(dueStages(root));
    for (const [name, stage] of Object.entries(stages)) {
      process.stdout.write(
        `${name.padEnd(16)} ${stage.byNameOnly === true ? "name" : due.has(name) ? "due " : "kept"} ${stage.about}\n`,
      );
    }
    return unknown.length > 0 || args.length === 0 ? 2 : 0;
  }
  for (const name of left) {
    process.stdout.write(
      `stage ${name}: due, and not run: it may take ${String(stages[name]?.minutes)} minutes; npm run test:real -- ${name}\n`,
    );
  }
  if (names.length === 0) {
    process.stdout.write(
      left.length === 0
        ? "no stage is due: the inputs are those of the passes in ci/passed.json\n"
        : "no stage was run\n",
    );
    return 0;
  }
  const verdicts = new Map<string, Verdict>();
  for (const name of names) {
    verdicts.set(name, await runStage(name));
  }
  const having = (verdict: Verdict): readonly string[] =>
    names.filter((name) => verdicts.get(name) === verdict);
  const [failed, missed] = [having("failed"), having("missed")];
  const asked = !args.includes("--all") && !args.includes("--due");
  process.stdout.write(
    `${having("passed").length} stages passed, ${failed.length} failed, ${missed.length} missed a figure${missed.length === 0 ? "" : `: ${missed.join(", ")}`}\n`,
  );
  return failed.length > 0 || (asked && missed.length > 0) ? 1 : 0;
}

function budgetOf(args: readonly string[]): number {
  const at = args.indexOf("--budget");
  return at < 0 ? Number.POSITIVE_INFINITY : Number(args[at + 1]);
}

type Verdict = "passed" | "missed" | "failed";

async function runStage(name: string): Promise<Verdict> {
  const stage = readStages(root)[name];
  if (stage === undefined) {
    return "failed";
  }
  process.stdout.write(`stage ${name}: ${stage.about}\n`);
  const started = Date.now();
  const scratch = mkdtempSync(path.join(tmpdir(), "clawkeep-observed-"));
  const observed = observations(path.join(scratch, "rows"));
  const child = spawn(process.execPath, ["--conditions=source", path.join(root, stage.script)], {
    cwd: root,
    env: { ...process.env, ...observed.environment },
    stdio: "inherit",
    detached: true,
  });
  let overran = false;
  const timer = setTimeout(() => {
    overran = true;
    process.kill(-(child.pid ?? 0), "SIGKILL");
  }, stage.minutes * 60_000);
  const code = await new Promise<number>((resolve) => {
    child.on("error", () => resolve(1));
    child.on("exit", (status) => resolve(status ?? 1));
  });
  clearTimeout(timer);
  const rows = observed.read();
  rmSync(scratch, { recursive: true });
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  const isPass = code === 0 || code === passedInPart;
  const verdict: Verdict =
    overran || (!isPass && code !== figureMissed) ? "failed" : isPass ? "passed" : "missed";
  const words = {
    passed: code === passedInPart ? "passed in part, which is not kept," : "passed",
    missed: "MISSED A FIGURE",
    failed: overran ? `overran its ${stage.minutes} minutes` : "FAILED",
  };
  process.stdout.write(`stage ${name}: ${words[verdict]} after ${seconds} s\n\n`);
  if (verdict === "passed" && code === 0 && stage.byNameOnly !== true) {
    keepPass(root, name, {
      inputs: inputDigest(root, stage.inputs),
      date: new Date().toISOString().slice(0, 10),
      ...(Object.keys(rows).length === 0 ? {} : { rows }),
    });
  }
  return verdict;
}

process.exitCode = await main(process.argv.slice(2));
