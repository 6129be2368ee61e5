import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { openAuditLog, readAuditLog } from "../../../packages/audit-log/src/index.ts";
import type {
  AuditLog,
  ExecutionEnd,
  ExecutionStart,
} from "../../../packages/audit-log/src/index.ts";
import { consistencyProof, encodeBase64, leafHash } from "../../../packages/integrity/src/index.ts";
import type { Exhibit } from "./exhibit.ts";

const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));

/** How many executions are added to those that were really run. */
const added = 700;
/** The execution after which the log gets another key. */
const rotatedAt = 400;
/** So that the log goes on in several files. */
const segmentRecords = 300;
/** Files that are left when the oldest are removed. */
const kept = 2;

/**
 * Runs a skill by the command line, adds records of all kinds of text to the log by the library, and
 * collects checkpoints on the way; then proofs and attestations, again by the command line, before and
 * after the oldest files of the log are removed. The log gets another key twice.
 */
export async function makeRealLog(base: string): Promise<Exhibit> {
  const workspace = path.join(base, "workspace");
  const home = path.join(base, "home");
  const folder = path.join(home, "audit");
  mkdirSync(path.join(workspace, "skills"), { recursive: true });
  cpSync(path.join(root, "fixtures/skills/valid/say-sh"), path.join(workspace, "skills/say-sh"), {
    recursive: true,
  });
  const command = (...args: readonly string[]): string => run(workspace, home, args);
  const checkpoints: string[] = [];
  command("lock");
  for (const words of ["one", "zwei", "三 \u202e"]) {
    command("run", "say-sh", "--arg", `words=${words}`);
    checkpoints.push(command("audit", "checkpoint"));
  }
  checkpoints.push(...(await addRecords(folder)));
  const { executions } = await readAuditLog(folder);
  const some = executions.filter((_, index) => index < 4 || index % 173 === 0);
  const proofs = some.flatMap(({ id, end }) => [
    command("audit", "prove", id),
    ...(end === undefined ? [] : [command("audit", "prove", id, "--end")]),
  ]);
  const attestations = some
    .filter(({ end }) => end !== undefined)
    .map(({ id }) => command("audit", "export", "--attestation", id));
  const removed = logFiles(folder).slice(0, -kept);
  const aside = removed.map((file) => path.join(base, path.basename(file)));
  for (const [index, file] of removed.entries()) cpSync(file, aside[index] ?? "");
  checkpoints.push(command("audit", "prune", "--keep", String(kept)));
  checkpoints.push(command("audit", "rotate-key"));
  // What is proven by what is left must hold for all that there was.
  const left = (await readAuditLog(folder)).executions.slice(3).filter(({ end }) => end);
  proofs.push(...left.slice(0, 2).map(({ id }) => command("audit", "prove", id)));
  attestations.push(
    ...left.slice(0, 1).map(({ id }) => command("audit", "export", "--attestation", id)),
  );
  const log = [...aside, ...logFiles(folder)];
  if (removed.length === 0 || removed.some((file) => existsSync(file))) {
    throw new Error(`expected removed files, got ${log.join(", ")}`);
  }
  const lines = readLines(log);
  const verifier = readFileSync(path.join(folder, "verifier"), "utf8");
  const consistency = consistencyOf(checkpoints, lines);
  return { verifier, log, checkpoints, proofs, consistency, attestations };
}

/** The segments of a log in their order. */
function logFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => /^log(?:\.\d+)?\.ndjson$/u.test(name))
    .map((name) => [Number(name.split(".")[1]) || 0, path.join(folder, name)] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, file]) => file);
}

/** The records of a log as they are written, without their newlines. */
export function readLines(files: readonly string[]): readonly string[] {
  return files.flatMap((file) => readFileSync(file, "utf8").split("\n").slice(0, -1));
}

function run(workspace: string, home: string, args: readonly string[]): string {
  const main = path.join(root, "apps/skill/src/main.ts");
  const env = { PATH: process.env["PATH"], CLAWKEEP_HOME: home };
  const ended = spawnSync(process.execPath, ["--conditions=source", main, ...args], {
    cwd: workspace,
    encoding: "utf8",
    env,
    maxBuffer: 2 ** 26,
  });
  if (ended.status === 0) return ended.stdout;
  throw new Error(`clawkeep-skill ${args.join(" ")}: ${ended.status}\n${ended.stderr}`);
}

/** Records as the runtime's, with texts that are hard to spell, after those that are there. */
async function addRecords(folder: string): Promise<readonly string[]> {
  const { executions } = await readAuditLog(folder);
  const [model] = executions;
  if (model?.end === undefined) throw new Error("expected an execution that ended");
  const { start, end } = model;
  const { caller, skill, action, form, environment, roots, sandbox, network, limits } = start;
  const base = { caller, skill, action, form, environment, roots, sandbox, network, limits };
  const runtime = { name: "audit-judges", version: "1" };
  const { ended, exitCode, signal, durationMs, level, resources, stdout, stderr } = end;
  const log = await openAuditLog({ folder, segmentRecords });
  const checkpoints: string[] = [];
  try {
    for (let index = 0; index < added; index += 1) {
      const label = hardTexts[index % hardTexts.length] ?? "";
      const begun: ExecutionStart = {
        ...base,
        runtime,
        arguments: { label: { stored: [label, index / 7, -index, { [label]: null }] } },
      };
      const { id } = await log.start(begun);
      const over: ExecutionEnd = {
        ...{ execution: id, ended, exitCode, signal, durationMs, level, resources, stdout, stderr },
        provenance: {},
        notes: [label],
      };
      // Some are left without an end.
      if (index % 11 !== 0) await log.end(over);
      if (index % 53 === 0) checkpoints.push(await log.checkpoint());
      if (index === rotatedAt) checkpoints.push(await rotated(log));
    }
    const { id } = await log.start({ ...base, runtime, arguments: {} });
    checkpoints.push(await log.checkpoint());
    // The last record is an end, and so is the whole log's checkpoint.
    await log.end({
      ...{ execution: id, ended, exitCode, signal, durationMs, level, resources, stdout, stderr },
      provenance: {},
      notes: [],
    });
    checkpoints.push(await log.checkpoint());
  } finally {
    await log.close();
  }
  return checkpoints;
}

async function rotated(log: AuditLog): Promise<string> {
  await log.rotateKey();
  return log.checkpoint();
}

const hardTexts: readonly string[] = [
  "plain",
  "\u0000\u0001\b\t\n\f\r\u001f\u007f\u0080",
  '"quoted" \\u0041 \\\\ /',
  "\u2028\u2029\ufeff\u202e",
  "日本語 🦀 e\u0301 ﬁ \u{10ffff}",
  "</script><!--",
  "__proto__",
];

/** Between each checkpoint and the next, and from each to the last. */
function consistencyOf(
  checkpoints: readonly string[],
  lines: readonly string[],
): Exhibit["consistency"] {
  const leaves = lines.map((line) => leafHash(Buffer.from(line)));
  const sizes = checkpoints.map((note) => Number(note.split("\n")[1]));
  const last = sizes.at(-1) ?? 0;
  return sizes.flatMap((old, index) =>
    [...new Set([sizes[index + 1] ?? last, last])].map((size) => ({
      old,
      size,
      proof: consistencyProof(old, leaves.slice(0, size)).map(encodeBase64),
    })),
  );
}
