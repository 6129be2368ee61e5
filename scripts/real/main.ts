import { spawn } from "node:child_process";
import path from "node:path";

import { dueStages, inputDigest, keepPass, readStages } from "./stages.ts";

/** `npm run test:real -- STAGE… | --due | --all | --list`. A pass is kept in ci/passed.json. */
const root = path.dirname(path.dirname(import.meta.dirname));

async function main(args: readonly string[]): Promise<number> {
  const stages = readStages(root);
  const names = args.includes("--all")
    ? Object.keys(stages)
    : args.includes("--due")
      ? dueStages(root)
      : args.filter((arg) => !arg.startsWith("-"));
  const unknown = names.filter((name) => stages[name] === undefined);
  if (args.includes("--list") || unknown.length > 0 || (args.length === 0 && names.length === 0)) {
    for (const name of unknown) {
      process.stderr.write(`unknown stage ${JSON.stringify(name)}\n`);
    }
    const due = new Set(dueStages(root));
    for (const [name, stage] of Object.entries(stages)) {
      process.stdout.write(
        `${name.padEnd(12)} ${due.has(name) ? "due " : "kept"} ${stage.about}\n`,
      );
    }
    return unknown.length > 0 || args.length === 0 ? 2 : 0;
  }
  if (names.length === 0) {
    process.stdout.write("no stage is due: the inputs are those of the passes in ci/passed.json\n");
    return 0;
  }
  let failed = 0;
  for (const name of names) {
    failed += (await runStage(name)) ? 0 : 1;
  }
  process.stdout.write(`${names.length - failed} stages passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

async function runStage(name: string): Promise<boolean> {
  const stage = readStages(root)[name];
  if (stage === undefined) {
    return false;
  }
  process.stdout.write(`stage ${name}: ${stage.about}\n`);
  const started = Date.now();
  const child = spawn(process.execPath, ["--conditions=source", path.join(root, stage.script)], {
    cwd: root,
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
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  const passed = code === 0 && !overran;
  const verdict = passed ? "passed" : overran ? `overran its ${stage.minutes} minutes` : "FAILED";
  process.stdout.write(`stage ${name}: ${verdict} after ${seconds} s\n\n`);
  if (passed) {
    keepPass(root, name, {
      inputs: inputDigest(root, stage.inputs),
      date: new Date().toISOString().slice(0, 10),
    });
  }
  return passed;
}

process.exitCode = await main(process.argv.slice(2));
