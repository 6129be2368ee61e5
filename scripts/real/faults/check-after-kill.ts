import { readdirSync, readFileSync, existsSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import type { Embedder } from "@clawkeep/embedder";
import type { IndexModel } from "@clawkeep/retrieval";
import {
  answerQuery,
  currentSnapshot,
  indexFolder,
  indexStatus,
  openIndex,
  verifyIndex,
} from "@clawkeep/retrieval";

import type { Lane } from "./scenarios.ts";
import { canary } from "./scenarios.ts";

/** Roots that may be seen. */
export interface Roots {
  /** Published before the run that is killed; undefined when nothing was. */
  readonly before: string | undefined;
  readonly after: string;
  /** Whether the run that is killed is one of `forget`. */
  readonly forgets: boolean;
}

/** Which snapshot was there after a kill. */
export type Seen = "nothing" | "before" | "after";

/**
 * What must hold after a kill: what was published before answers, or what comes after, whole and
 * verified; another run completes, embeds exactly what has no vector yet, and leaves nothing behind.
 *
 * @throws Error that says what does not hold.
 */
export async function checkAfterKill(
  lane: Lane,
  embedder: Embedder,
  spaceId: string,
  roots: Roots,
): Promise<Seen> {
  const root = existsSync(lane.index) ? currentSnapshot(lane.index)?.snapshotRoot : undefined;
  must(
    root === roots.before || root === roots.after,
    `published: ${String(root)}, expected ${String(roots.before)} or ${roots.after}`,
  );
  if (root !== undefined) {
    await answers(lane, embedder, spaceId);
  }
  const committed = vectorsIn(lane);
  const embedded: string[] = [];
  const { snapshotRoot } = await indexFolder(
    lane.workspace,
    lane.index,
    lane.registry,
    counting(embedder, spaceId, embedded),
  );
  const forgotten = indexStatus(lane.index, { registry: lane.registry }).forgotten.length > 0;
  // A list that was not kept yet is the one thing that the next run cannot know of.
  const expected =
    roots.forgets && root === roots.before && !forgotten ? roots.before : roots.after;
  must(snapshotRoot === expected, `the next run gave ${snapshotRoot}, expected ${expected}`);
  await answers(lane, embedder, spaceId);
  const missing = [...vectorsIn(lane)].filter((input) => !committed.has(input)).length;
  must(
    embedded.length === missing && new Set(embedded).size === missing,
    `the next run embedded ${embedded.length} texts, ${missing} had no vector`,
  );
  const segments = currentSnapshot(lane.index)?.segments.map(({ file }) => file) ?? [];
  const left = readdirSync(path.join(lane.index, "segments")).filter(
    (file) => !segments.includes(file),
  );
  const rubbish = [...left, ...readdirSync(lane.index), ...readdirSync(lane.registry)].filter(
    (name) => left.includes(name) || /\.tmp$|-journal$/u.test(name),
  );
  must(rubbish.length === 0, `the next run left ${rubbish.join(", ")}`);
  if (forgotten) {
    const files = readdirSync(lane.index, { recursive: true, withFileTypes: true });
    const held = files.filter(
      (entry) =>
        entry.isFile() && readFileSync(path.join(entry.parentPath, entry.name)).includes(canary),
    );
    must(held.length === 0, `what is forgotten is in ${held.map(({ name }) => name).join(", ")}`);
  }
  return root === undefined ? "nothing" : root === roots.after ? "after" : "before";
}

async function answers(lane: Lane, embedder: Embedder, spaceId: string): Promise<void> {
  using index = openIndex(lane.index, { registry: lane.registry }, spaceId);
  must(verifyIndex(index, undefined).ok, "verify found the index damaged");
  const answer = await answerQuery(
    index,
    (text) => embedder.embed([text]),
    "which lamp never changes",
  );
  must(
    answer.results[0]?.citation.path === "stay/lamp.md",
    `the query found ${String(answer.results[0]?.citation.path)}`,
  );
}

function vectorsIn({ index }: Lane): ReadonlySet<string> {
  const file = path.join(index, "catalog.sqlite");
  if (!existsSync(file)) {
    return new Set();
  }
  // Writable, so that what the kill left half-done is rolled back as the next run does it.
  const database = new DatabaseSync(file);
  try {
    const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'vectors'").get();
    const rows = table === undefined ? [] : database.prepare("SELECT input FROM vectors").all();
    return new Set(rows.map((row) => Buffer.from(row["input"] as Uint8Array).toString("hex")));
  } finally {
    database.close();
  }
}

/** The same model, open all the time, that keeps what it was asked to embed. */
function counting(embedder: Embedder, spaceId: string, embedded: string[]): IndexModel {
  const { buildId, dimensions, maxTokens, sessions, wordPiece } = embedder;
  return {
    spaceId,
    open: () =>
      Promise.resolve({
        ...{ spaceId, buildId, dimensions, maxTokens, sessions, wordPiece },
        embed: (texts, options) => {
          embedded.push(...texts);
          return embedder.embed(texts, options);
        },
        close: () => Promise.resolve(),
      }),
  };
}

function must(holds: boolean, what: string): void {
  if (!holds) {
    throw new Error(what);
  }
}
