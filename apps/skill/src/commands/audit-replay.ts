import { resolve } from "node:path";

import { escapeForTerminal } from "@clawkeep/diagnostics";
import { readConfiguration, replayExecution } from "@clawkeep/skill-runtime";
import type { Replay, ReplayRefusal } from "@clawkeep/skill-runtime";

import { readPairs } from "../read-pairs.ts";
import { findingsText, printData, printJson, printNote } from "../output/print.ts";
import { cancellable } from "../place/cancellation.ts";
import { surroundings } from "../place/surroundings.ts";
import type { PlaceOptions } from "../place/surroundings.ts";
import { readArguments } from "./run.ts";

/** Options of `audit replay` as they were written. */
export interface AuditReplayOptions extends PlaceOptions {
  readonly arg: readonly string[];
  readonly argsJson?: string;
  readonly root: readonly string[];
  readonly recordedOutput?: string;
  readonly allowEffects?: boolean;
  readonly json?: boolean;
}

/**
 * Does a recorded execution again and prints how the two compare.
 *
 * @returns 0 equal, or as equal as the contract promises; 1 different; 2 refused
 */
export async function replayAudit(id: string, options: AuditReplayOptions): Promise<number> {
  const place = surroundings(options);
  const isGiven = options.arg.length > 0 || options.argsJson !== undefined;
  const args = isGiven ? await readArguments(options) : undefined;
  const configuration = await readConfiguration(place.home);
  return cancellable(async (signal) => {
    const result = await replayExecution(id, {
      ...place,
      configuration,
      ...(args === undefined ? {} : { args }),
      roots: readPairs("--root", options.root),
      ...(options.allowEffects === true ? { allowEffects: true } : {}),
      ...(options.recordedOutput === undefined
        ? {}
        : { recordedOutput: resolve(options.recordedOutput) }),
      signal,
    });
    if (options.json === true) printJson({ version: 1, ...result });
    else if (result.kind === "refusal") printRefusal(result);
    else printData(replayText(result));
    if (result.kind === "refusal") return 2;
    return result.verdict === "different" ? 1 : 0;
  });
}

function printRefusal(refusal: ReplayRefusal): void {
  printNote(`refused (${refusal.stage}): nothing was run`);
  process.stderr.write(findingsText(refusal.findings));
}

function replayText(replay: Replay): string {
  const { recorded, replayed, difference } = replay;
  const both = (then: string, now: string): string =>
    then === now ? `${now}, as recorded` : `${then} recorded, ${now} now`;
  const rows: readonly string[] = [
    `${replay.verdict.replaceAll("-", " ")}: ${replay.skill} ${replay.action}, recorded as ${replay.execution}, done again as ${replay.replay}`,
    `exit      ${both(ending(recorded), ending(replayed))}`,
    `output    ${both(output(recorded), output(replayed))}`,
    ...(recorded.stdout.digest === replayed.stdout.digest ? [] : [where(replay)]),
    ...(difference?.rows ?? []).map((row) => `  ${row}`),
    ...(difference === undefined || difference.omitted === 0
      ? []
      : [`  … ${difference.omitted} more rows`]),
    ...promise(replay),
    ...replay.notes.map((note) => `note      ${note}`),
  ];
  return rows.map((row) => escapeForTerminal(row)).join("\n");
}

function ending({ ended, exitCode, signal }: Replay["recorded"]): string {
  return ended === "exited" ? `code ${exitCode}` : `${ended}${signal === null ? "" : ` ${signal}`}`;
}

function output({ stdout }: Replay["recorded"]): string {
  return `${stdout.digest} (${stdout.bytes} bytes)`;
}

function where({ difference, recordedBytes }: Replay): string {
  if (difference === undefined) {
    const why =
      recordedBytes === "absent"
        ? "the recorded output was not kept (--recorded-output FILE, if you have it)"
        : "the new output was not kept whole";
    return `          only digests can be compared: ${why}`;
  }
  const line = difference.line === undefined ? "" : `, line ${difference.line}`;
  return `          first difference after ${difference.offset} equal bytes${line}; - recorded, + now`;
}

function promise({ determinism, verdict }: Replay): readonly string[] {
  if (verdict === "equal") return [];
  const { promise: kind, volatile } = determinism;
  if (kind === "none") return ["promise   the contract promises no equal output"];
  return kind === "bytes"
    ? ["promise   the contract promises equal bytes"]
    : [`promise   the contract promises equal JSON but for ${volatile.join(" ") || "nothing"}`];
}
