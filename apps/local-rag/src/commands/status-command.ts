import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { indexStatus, jsonForModel } from "@clawkeep/retrieval";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { indexPlace, trustOf } from "../place/index-place.ts";

/** `local-rag status`. */
export function runStatus(options: RawOptions): Promise<number> {
  const folder = indexPlace(options, process.cwd());
  const { snapshot, trusted, workspace, bytes, interrupted, engine, forgotten, vectors } =
    indexStatus(folder, trustOf(options));
  if (snapshot === undefined) {
    throw new CodedError({
      code: "INDEX_MISSING",
      message: `expected a published index in ${folder}, got none`,
      hint: "make one with: local-rag index DIR",
    });
  }
  const known = workspace === undefined ? {} : { workspace };
  if (options.flags.has("json")) {
    const status = {
      version: 1,
      index: folder,
      ...known,
      trusted,
      interrupted,
      forgotten,
      vectors: vectors ?? "ready",
      bytes,
      engine,
      ...snapshot,
    };
    process.stdout.write(`${jsonForModel(status)}\n`);
    return Promise.resolve(0);
  }
  const rows: readonly (readonly [string, string])[] = [
    ["index", folder],
    ...(workspace === undefined ? [] : [["indexes", workspace] as const]),
    ["made here", trusted ? "yes" : "no: queries are refused without --trust-index"],
    ["documents", String(snapshot.documents)],
    ["passages", String(snapshot.chunks)],
    ...(vectors === undefined ? [] : [["vectors", `${vectors}; answers by keywords`] as const]),
    ["segments", String(snapshot.segments.length)],
    ["size", `${(bytes / 1_000_000).toFixed(1)} MB`],
    ["analyser", snapshot.analyser],
    ["chunker", snapshot.chunker],
    [
      "engine",
      `${engine.engine}, ${engine.kernel}${engine.why === undefined ? "" : ` (${engine.why})`}`,
    ],
    ["space", snapshot.spaceId],
    ["snapshot", `${snapshot.snapshotRoot} (publication ${snapshot.sequence})`],
    ...(forgotten.length === 0 ? [] : [["forgotten", forgotten.join(", ")] as const]),
    ...(interrupted ? [["note", "a run was interrupted; the next one goes on"] as const] : []),
  ];
  for (const [name, value] of rows) {
    process.stdout.write(`${name.padEnd(10)} ${escapeForTerminal(value)}\n`);
  }
  return Promise.resolve(0);
}
