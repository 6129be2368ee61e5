import { replaceFile } from "@clawkeep/durable-files";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

import type { Execution, Refusal } from "../execution.ts";

/** What a background run came to: as `invoke` says, or what it threw. */
export type RunResult =
  | Execution
  | Refusal
  | { readonly kind: "error"; readonly code: string; readonly message: string };

/** What is written down when a background run begins, and again when its program is started. */
export interface RunState {
  readonly run: 1;
  readonly id: string;
  readonly skill: string;
  readonly action?: string;
  /** `processMark()` of the process that runs it. */
  readonly process: string;
  /** ISO 8601, UTC. */
  readonly began: string;
  /** Ids of its audit records so far: one, or more with retries. */
  readonly executions: readonly string[];
}

/** What is written down when it has ended. */
export interface RunEnding {
  readonly run: 1;
  /** ISO 8601, UTC. */
  readonly ended: string;
  readonly result: RunResult;
  /** What became of the notification; absent when there was none. */
  readonly notified?: Readonly<Record<string, string>>;
}

/** The form of an id: 16 hex digits. */
export const runIdForm: RegExp = /^[0-9a-f]{16}$/u;

/** The folder of all background runs of a state folder. */
export function runsFolder(home: string): string {
  return path.join(home, "runs");
}

const stateSchema: z.ZodType<RunState> = z.strictObject({
  run: z.literal(1),
  id: z.string().regex(runIdForm),
  skill: z.string(),
  action: z.string().exactOptional(),
  process: z.string(),
  began: z.iso.datetime(),
  executions: z.array(z.string()),
});

/** The bytes of both streams are base64 in the file; all else is as it was. */
const endingSchema = z.strictObject({
  run: z.literal(1),
  ended: z.iso.datetime(),
  result: z.looseObject({
    kind: z.enum(["execution", "refusal", "error"]),
    stdout: z.base64().optional(),
    stderr: z.base64().optional(),
  }),
  notified: z.record(z.string(), z.string()).optional(),
});

/** Writes the state of a run into its folder. */
export async function writeState(folder: string, state: RunState): Promise<void> {
  await replaceFile(path.join(folder, "state.json"), `${JSON.stringify(state)}\n`);
}

/** Reads the state of a run; `undefined` when there is none or it is damaged. */
export async function readState(folder: string): Promise<RunState | undefined> {
  const parsed = stateSchema.safeParse(await readJson(path.join(folder, "state.json")));
  return parsed.success && parsed.data.id === path.basename(folder) ? parsed.data : undefined;
}

/** Writes how a run ended into its folder. */
export async function writeEnding(folder: string, ending: RunEnding): Promise<void> {
  const { result } = ending;
  const written =
    result.kind !== "execution"
      ? result
      : {
          ...result,
          stdout: Buffer.from(result.stdout).toString("base64"),
          stderr: Buffer.from(result.stderr).toString("base64"),
        };
  await replaceFile(
    path.join(folder, "ending.json"),
    `${JSON.stringify({ ...ending, result: written })}\n`,
  );
}

/** Reads how a run ended; `undefined` while it has not. */
export async function readEnding(folder: string): Promise<RunEnding | undefined> {
  const parsed = endingSchema.safeParse(await readJson(path.join(folder, "ending.json")));
  if (!parsed.success) return undefined;
  const { result, notified, ...rest } = parsed.data;
  const bytes = (text: string | undefined): Uint8Array => Buffer.from(text ?? "", "base64");
  const streams = { stdout: bytes(result.stdout), stderr: bytes(result.stderr) };
  // This file is the runtime's own, in a folder that nobody else can write.
  const read = { ...result, ...(result.kind === "execution" ? streams : {}) } as unknown;
  return {
    ...rest,
    result: read as RunResult,
    ...(notified === undefined ? {} : { notified }),
  };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}
