import { CodedError, count, escapeForTerminal } from "@clawkeep/diagnostics";
import { forgetPaths, indexStatus, jsonForModel } from "@clawkeep/retrieval";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { usage } from "../arguments/parse-flags.ts";
import { upkeepCommands } from "../arguments/upkeep-table.ts";
import { indexPlace, registryPlace } from "../place/index-place.ts";
import { indexModel, onInterrupt } from "./indexing.ts";

/** Another writer may take so long. */
const lockMs = 60_000;

/** `local-rag forget`. */
export async function runForget(options: RawOptions): Promise<number> {
  const index = indexPlace(options, process.cwd());
  const registry = registryPlace(options);
  const undo = options.flags.has("undo");
  if (options.positional.length === 0) {
    if (undo) {
      throw usage(upkeepCommands.forget, "--undo needs the patterns to take off the list");
    }
    return list(index, registry, options.flags.has("json"));
  }
  const abort = new AbortController();
  using _ = onInterrupt(abort);
  const report = await forgetPaths(
    index,
    registry,
    indexModel(options, { sessions: 1 }),
    options.positional,
    { undo, waitMs: lockMs, signal: abort.signal },
  );
  if (options.flags.has("json")) {
    process.stdout.write(`${jsonForModel({ version: 1, index, undo, ...report })}\n`);
    return 0;
  }
  const named = report.patterns.map((pattern) => escapeForTerminal(pattern)).join(", ");
  process.stdout.write(
    undo
      ? `no longer forgotten: ${named}; the next run of local-rag index reads what is there\n`
      : `forgotten: ${named} (${count(report.forgotten.length, "document")} taken out; local-rag forget --undo takes it off the list)\nsnapshot ${report.snapshotRoot}\n`,
  );
  return 0;
}

function list(index: string, registry: string, json: boolean): number {
  const { snapshot, forgotten } = indexStatus(index, { registry });
  if (snapshot === undefined) {
    throw new CodedError({
      code: "INDEX_MISSING",
      message: `expected a published index in ${index}, got none`,
      hint: "make one with: local-rag index DIR",
    });
  }
  process.stdout.write(
    json
      ? `${jsonForModel({ version: 1, index, list: forgotten })}\n`
      : forgotten.map((pattern) => `${escapeForTerminal(pattern)}\n`).join(""),
  );
  return 0;
}
