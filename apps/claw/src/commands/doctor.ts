import { lstatSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import process from "node:process";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import { allChecks, examineDeployment, repair, thisMachine } from "@clawkeep/provision-doctor";
import type {
  DoctorReport,
  Evidence,
  Repair,
  Repaired,
  Surroundings,
} from "@clawkeep/provision-doctor";

import { doctorJson } from "../output/doctor-json.ts";
import { printData, printJson, printNote } from "../output/print.ts";

/** Options of `doctor` as they were written. */
export interface DoctorOptions {
  readonly folder: string;
  readonly root?: string;
  readonly log?: string;
  readonly files?: boolean;
  readonly askModel?: boolean;
  readonly fix?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** Names what is wrong with a deployment; with `--fix` it makes what is safe, and looks again. */
export async function doctor(options: DoctorOptions): Promise<number> {
  if (options.list === true) return listChecks(options);
  const around = surroundings(options);
  let report = await examineDeployment(around);
  const repaired: readonly Repaired[] = options.fix === true ? repairsOf(report).map(repair) : [];
  if (repaired.some(({ isDone }) => isDone)) report = await examineDeployment(around);
  if (options.json === true) printJson(doctorJson(report, repaired, options.folder));
  else printReport(report, repaired);
  return report.diagnoses.length === 0 ? 0 : 1;
}

function surroundings(options: DoctorOptions): Surroundings {
  const folder = folderAt(options.folder, "a deployment");
  const root = options.root === undefined ? "" : folderAt(options.root, "a host");
  const isLive = options.files !== true && root === "";
  return {
    folder,
    shown: options.folder,
    root,
    home: homedir(),
    uid: process.getuid?.() ?? 0,
    stateHome: options.files === true ? undefined : stateHome(process.env),
    host: options.files === true ? undefined : "read",
    live: isLive ? thisMachine(process.env) : undefined,
    ...(options.log === undefined ? {} : { log: path.resolve(options.log) }),
    judgesModes: true,
    asksModel: options.askModel === true,
  };
}

function folderAt(named: string, what: string): string {
  const folder = path.resolve(named);
  const about = lstatSync(folder, { throwIfNoEntry: false });
  if (about?.isDirectory() === true) return folder;
  throw new CodedError({
    code: "DOCTOR_NO_FOLDER",
    message: `expected the folder of ${what} at ${named}, got ${about === undefined ? "none" : "something else"}`,
    hint: "claw render --out FOLDER and claw apply --folder FOLDER make one; a link is not followed.",
  });
}

/** Each once: two faults may ask for the same change. */
function repairsOf({ diagnoses }: DoctorReport): readonly Repair[] {
  const all = diagnoses.flatMap(({ repairs }) => repairs);
  return all.filter(
    ({ path: one }, index) => all.findIndex((other) => other.path === one) === index,
  );
}

function printReport({ diagnoses, checks }: DoctorReport, repaired: readonly Repaired[]): void {
  const line = (text: string): void => printData(escapeForTerminal(text));
  for (const { path: one, what, isDone } of repaired)
    line(`${isDone ? "fixed" : "left "} ${one}: ${what}`);
  for (const { id, symptom, cause, evidence, fix, repairs } of diagnoses) {
    line(`found  ${id}: ${symptom}`);
    line(`  because   ${cause}`);
    for (const one of evidence) line(`  seen      ${evidenceText(one)}`);
    line(`  type      ${fix}`);
    if (repairs.length > 0) line("  or        claw doctor --fix");
  }
  const of = (status: string): number => checks.filter((one) => one.status === status).length;
  for (const { id, status, reason = "" } of checks) {
    if (status === "not-checked") line(`not checked  ${id}: ${reason}`);
  }
  const found = new Set(diagnoses.map(({ id }) => id)).size;
  printNote(
    `${found} of ${checks.length} checks found something, ${of("passed")} passed, ${of("not-checked")} could not look, ${of("does-not-apply")} do not apply`,
  );
}

function evidenceText({ file, line, port, value }: Evidence): string {
  const place = [file, line].filter((part) => part !== undefined).join(":");
  return [place, port === undefined ? "" : `port ${port}`, value ?? ""]
    .filter((part) => part !== "")
    .join("  ");
}

function listChecks({ json }: DoctorOptions): number {
  if (json === true) {
    const checks = allChecks.map(({ id, symptom, cause, fix, repair: safe, reads }) => ({
      id,
      symptom,
      cause,
      fix,
      reads,
      ...(safe === undefined ? {} : { repair: safe }),
    }));
    printJson({ version: 1, checks });
    return 0;
  }
  for (const { id, symptom } of allChecks)
    printData(escapeForTerminal(`${id.padEnd(32)} ${symptom}`));
  return 0;
}
