import { createReadStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";

import { CodedError } from "@clawkeep/diagnostics";
import { makeRunId, openRuntime, readConfiguration } from "@clawkeep/skill-runtime";
import type {
  InvocationRequest,
  RawArguments,
  RuntimeConfiguration,
  SkillSurroundings,
} from "@clawkeep/skill-runtime";

import { startRunner } from "../background/start-runner.ts";
import { STILL_RUNNING } from "../background/still-running.ts";
import { readPairs } from "../read-pairs.ts";
import { printData, printJson } from "../output/print.ts";
import { printResult } from "../output/print-result.ts";
import type { Asked } from "../output/print-result.ts";
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
  readonly background?: boolean;
  /** A new file for the output as the program printed it. */
  readonly output?: string;
  readonly metrics?: string;
  readonly json?: boolean;
}

/** Bytes that `--args-json` reads at most; the runtime refuses somewhat less, with a reason. */
const maxInputBytes: number = 16 * 1024 * 1024;

/** Runs one action and prints what it came to, or, for one left to the background, its id. */
export async function runSkill(
  skill: string,
  action: string | undefined,
  options: RunOptions,
): Promise<number> {
  if (options.output !== undefined && options.background === true) {
    throw new CodedError({
      code: "USAGE",
      message: "expected either --output or --background, got both",
      hint: "`runs show` gives the output of a run that was left to the background.",
    });
  }
  const place = surroundings(options);
  const asked: Asked = { skill, ...(action === undefined ? {} : { action }) };
  const roots = readPairs("--root", options.root);
  const args = await readArguments(options);
  const configuration = await readConfiguration(place.home);
  return cancellable((signal) =>
    options.background === true ||
    (configuration.backgroundMs !== undefined && options.output === undefined)
      ? runWithWindow({ place, asked, roots, args, options, configuration, signal })
      : runHere({ place, asked, roots, args, options, configuration, signal }),
  );
}

interface Run {
  readonly place: SkillSurroundings;
  readonly asked: Asked;
  readonly roots: Readonly<Record<string, string>>;
  readonly args: Awaited<ReturnType<typeof readArguments>>;
  readonly options: RunOptions;
  readonly configuration: RuntimeConfiguration;
  readonly signal: AbortSignal;
}

async function runHere(run: Run): Promise<number> {
  const { place, asked, roots, args, options, configuration, signal } = run;
  const opened = await openRuntime({ ...place, configuration });
  try {
    const runtime = await measured(opened, configuration, options.metrics);
    const request: InvocationRequest = {
      ...asked,
      args,
      caller: { transport: "cli" },
      roots,
      // One command is one run: a process that stays would be ended before it is asked again.
      form: "oneshot",
      ...(options.requireSandbox === true ? { requireSandbox: "landlock" as const } : {}),
      signal,
    };
    const result = await runtime.invoke(request);
    if (options.output !== undefined && result.kind === "execution") {
      // Whole, where the caller's part of it was cut. What is there already is not written over.
      const whole = result.artifact === undefined ? result.stdout : await readFile(result.artifact);
      await writeFile(options.output, whole, { flag: "wx", mode: 0o600 });
    }
    return printResult(result, asked, options.json === true);
  } finally {
    await opened.close();
  }
}

/** In a process of its own, that goes on when the window is over. */
async function runWithWindow(run: Run): Promise<number> {
  const { place, asked, roots, args, options, configuration, signal } = run;
  const id = makeRunId();
  const windowMs = options.background === true ? 0 : (configuration.backgroundMs ?? 0);
  const left = await startRunner(
    place.home,
    {
      version: 1,
      id,
      workspace: place.workspace,
      programFolder: options.programFolder ?? [],
      ...asked,
      args: args.kind === "pairs" ? textPairs(args.pairs) : base64Of(args.bytes),
      roots,
      requireSandbox: options.requireSandbox === true,
      ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
    },
    windowMs,
    signal,
  );
  if (left.state === "ended") return printResult(left.result, asked, options.json === true);
  if (options.json === true) printJson({ version: 1, kind: "background", run: id, ...asked });
  else printData(`running in the background: ${id}\n  clawkeep-skill runs wait ${id}`);
  return options.background === true ? 0 : STILL_RUNNING;
}

function textPairs(pairs: readonly (string | Uint8Array)[]): {
  readonly kind: "pairs";
  readonly pairs: readonly string[];
} {
  return { kind: "pairs", pairs: pairs.map((pair) => String(pair)) };
}

function base64Of(bytes: Uint8Array): { readonly kind: "bytes"; readonly base64: string } {
  return { kind: "bytes", base64: Buffer.from(bytes).toString("base64") };
}

/** The arguments of a run, from `--arg` or `--args-json`. */
export async function readArguments(
  options: Pick<RunOptions, "arg" | "argsJson">,
): Promise<Exclude<RawArguments, { readonly kind: "json" }>> {
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
