import { CodedError, escapeForTerminal, formatError } from "@clawkeep/diagnostics";
import { describeEncoder } from "@clawkeep/embedder";
import type { IndexStatus, IndexTrust, RecallSample } from "@clawkeep/retrieval";
import { indexStatus, jsonForModel, openIndex, sampleRecall } from "@clawkeep/retrieval";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { indexPlace, trustOf } from "../place/index-place.ts";

/**
 * `local-rag status`. What its search finds of what an exact scan finds, and the memory that takes, is measured
 * now, where the index is trusted and has its vectors.
 */
export function runStatus(options: RawOptions): Promise<number> {
  const folder = indexPlace(options, process.cwd());
  const trust = trustOf(options);
  const { snapshot, ...found } = indexStatus(folder, trust);
  const { trusted, workspace, bytes, interrupted, engine, forgotten, vectors } = found;
  if (snapshot === undefined) {
    throw new CodedError({
      code: "INDEX_MISSING",
      message: `expected a published index in ${folder}, got none`,
      hint: "make one with: local-rag index DIR",
    });
  }
  const known = workspace === undefined ? {} : { workspace };
  const encoder = describeEncoder();
  const measured = trusted && vectors === undefined ? measure(folder, trust, snapshot.spaceId) : {};
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
      ...(found.publishedMs === undefined ? {} : { publishedMs: found.publishedMs }),
      findings: found.findings,
      ...measured,
      engine,
      encoder,
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
    ["size", `${megabytes(bytes)} on disk`],
    ...describeMeasured(measured),
    ...describeAge(found),
    ...describeFindings(found),
    ["analyser", snapshot.analyser],
    ["chunker", snapshot.chunker],
    ["engine", described(engine.engine, engine)],
    ["encoder", described(encoder.encoder, encoder)],
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

/** What runs, with which instructions, and why not the native one. */
function described(
  name: string,
  { kernel, why }: { readonly kernel?: string; readonly why?: string },
): string {
  const runs = kernel === undefined ? name : `${name}, ${kernel}`;
  return why === undefined ? runs : `${runs} (${why})`;
}

interface Measured {
  readonly recall?: RecallSample;
  /** The most memory of this process while it searched, Node and all. */
  readonly memoryBytes?: number;
  /** Why neither could be measured: the index is damaged. */
  readonly damage?: string;
}

type Row = readonly [string, string];

function measure(folder: string, trust: IndexTrust, spaceId: string): Measured {
  try {
    using index = openIndex(folder, trust, spaceId);
    const recall = sampleRecall(index);
    const memoryBytes = process.resourceUsage().maxRSS * 1024;
    return recall === undefined ? { memoryBytes } : { recall, memoryBytes };
  } catch (error) {
    // What an index holds can be said of a damaged one as well; verify says what is wrong with it.
    return { damage: formatError(error) };
  }
}

function describeMeasured({ recall, memoryBytes, damage }: Measured): readonly Row[] {
  const share = recall === undefined ? "" : `${(recall.recallAt10 * 100).toFixed(1)}%`;
  return [
    ...(damage === undefined ? [] : [["damage", damage] as const]),
    ...(memoryBytes === undefined
      ? []
      : [["memory", `${megabytes(memoryBytes)} in this process, which searched it`] as const]),
    ...(recall === undefined
      ? []
      : [
          [
            "recall",
            recall.kind === "exact"
              ? `${share}: every vector is looked at`
              : `${share} of the 10 nearest that an exact scan finds, for ${recall.sampled} passages`,
          ] as const,
        ]),
  ];
}

function describeAge({ publishedMs }: Pick<IndexStatus, "publishedMs">): readonly Row[] {
  if (publishedMs === undefined) {
    return [];
  }
  const minutes = Math.max(0, Math.floor((Date.now() - publishedMs) / 60_000));
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  const age = days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h` : `${minutes} min`;
  return [["age", `${age} (published ${new Date(publishedMs).toISOString()})`]];
}

function describeFindings({ findings }: Pick<IndexStatus, "findings">): readonly Row[] {
  const codes = Object.entries(findings);
  return codes.length === 0
    ? []
    : [["findings", codes.map(([code, times]) => `${code} ${times}`).join(", ")]];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
