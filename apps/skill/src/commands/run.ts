import { createReadStream } from "node:fs";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { openRuntime } from "@clawkeep/skill-runtime";
import type { Execution, InvocationRequest, RawArguments, Refusal } from "@clawkeep/skill-runtime";

import { readPairs } from "../read-pairs.ts";
import { findingsText, printData, printJson, printNote } from "../output/print.ts";
import { printableJson } from "../output/printable-json.ts";
import { cancellable } from "../place/cancellation.ts";
import { measured } from "../place/measured.ts";
import { surroundings } from "../place/surroundings.ts";
import type { PlaceOptions } from "../place/surroundings.ts";

/** Options of `run` as they were written. */
export interface RunOptions extends PlaceOptions {
  readonly arg: readonly string[];
  readonly argsJson?: string;
  readonly root: readonly string[];
  readonly requireSandbox?: boolean;
  readonly metrics?: string;
  readonly json?: boolean;
}

/** Bytes that `--args-json` reads at most; the runtime refuses somewhat less, with a reason. */
const maxInputBytes: number = 16 * 1024 * 1024;

/** Runs one action and prints what it came to. */
export async function runSkill(
  skill: string,
  action: string | undefined,
  options: RunOptions,
): Promise<number> {
  const place = surroundings(options);
  const roots = readPairs("--root", options.root);
  const args = await readArguments(options);
  return cancellable(async (signal) => {
    const opened = await openRuntime(place);
    try {
      const runtime = await measured(opened, place.home, options.metrics);
      const request: InvocationRequest = {
        skill,
        ...(action === undefined ? {} : { action }),
        args,
        caller: { transport: "cli" },
        roots,
        // One command is one run: a process that stays would be ended before it is asked again.
        form: "oneshot",
        ...(options.requireSandbox === true ? { requireSandbox: "landlock" as const } : {}),
        signal,
      };
      const result = await runtime.invoke(request);
      if (options.json === true) printJson(runJson(skill, action, result));
      else if (result.kind === "refusal") printRefusal(result);
      else printExecution(result);
      return exitCodeOf(result);
    } finally {
      await opened.close();
    }
  });
}

/** What `run --json` prints, version 1: a refusal, or an execution with its output. */
function runJson(
  skill: string,
  action: string | undefined,
  result: Execution | Refusal,
): Readonly<Record<string, unknown>> {
  if (result.kind === "refusal") {
    return { version: 1, skill, ...(action === undefined ? {} : { action }), ...result };
  }
  const { stdout, stderr, output: outputState, json, ...rest } = result;
  return {
    version: 1,
    ...rest,
    outputState,
    output: json === undefined ? decode(stdout) : json,
    stderr: decode(stderr),
  };
}

function exitCodeOf(result: Execution | Refusal): number {
  if (result.kind === "refusal" || !result.ok) return 2;
  return result.meaning === "done" ? 0 : 1;
}

export async function readArguments(
  options: Pick<RunOptions, "arg" | "argsJson">,
): Promise<RawArguments> {
  if (options.argsJson === undefined) return { kind: "pairs", pairs: options.arg };
  if (options.arg.length > 0) {
    throw new CodedError({
      code: "USAGE",
      message: "expected either --arg or --args-json, got both",
      hint: "Put all arguments into the JSON object.",
    });
  }
  const source = options.argsJson === "-" ? process.stdin : createReadStream(options.argsJson);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > maxInputBytes) {
      throw new CodedError({
        code: "USAGE",
        message: `expected at most ${maxInputBytes} bytes of arguments, got more`,
        hint: "Put large input into a file below a root.",
      });
    }
    chunks.push(bytes);
  }
  return { kind: "bytes", bytes: Buffer.concat(chunks) };
}

function printRefusal(refusal: Refusal): void {
  printNote(`refused (${refusal.stage}): nothing was run`);
  process.stderr.write(findingsText(refusal.findings));
}

function printExecution(run: Execution): void {
  // Exact bytes are in the JSON: what a person sees does nothing to the terminal.
  if (run.json !== undefined) printData(printableJson(run.json, 2));
  else if (run.stdout.length > 0)
    printData(escapeForTerminal(decode(run.stdout), { keepNewlines: true }));
  const said = decode(run.stderr).trimEnd();
  if (said !== "") printNote(escapeForTerminal(said, { keepNewlines: true }));
  process.stderr.write(findingsText(run.outputFindings));
  const how = run.terminatedBy ?? run.signal ?? `exit code ${run.exitCode}`;
  printNote(
    `${run.meaning}: ${run.skill} ${run.action}, ${how}, ${Math.round(run.durationMs)} ms, sandbox: ${run.level}, record ${run.id}`,
  );
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
