import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import {
  construction as hnswlibConstruction,
  degree as hnswlibDegree,
  sparseDegree,
} from "../../peers/hnswlib-node.ts";
import {
  construction as usearchConstruction,
  degree as usearchDegree,
} from "../../peers/usearch.ts";
import { forget } from "../data/our-index.ts";
import type { VectorSet } from "../data/vector-sets.ts";
import type { PeerWorker, WorkerStart } from "../workers/start-worker.ts";
import { startWorker } from "../workers/start-worker.ts";
import type { Bench } from "./row.ts";

/** An index that can be built and searched: one form of one library. */
export interface IndexKind {
  readonly name: string;
  /** `ours` reads as ours in every table. */
  readonly ours: boolean;
  readonly start: () => WorkerStart;
  readonly variant: string;
  readonly degree: number;
  readonly construction: number;
  /** One query a call has settings to choose from; a scan has none. */
  readonly scan: boolean;
}

const usual = { degree: 16, construction: 200, scan: false, variant: "" } as const;

/** What takes one query a call through Node. */
export function nodeIndexes(bench: Bench): Readonly<Record<NodeIndexName, IndexKind>> {
  const start = (module: string) => (): WorkerStart => bench.peers.node(module);
  const ours = { ...usual, ours: true, start: start("clawkeep-vectors.ts") };
  const theirs = { ...usual, ours: false };
  const hnswlib = { ...theirs, degree: hnswlibDegree.best, construction: hnswlibConstruction.best };
  const usearch = {
    ...theirs,
    degree: usearchDegree.best,
    construction: usearchConstruction.best,
    start: start("usearch.ts"),
  };
  return {
    graph: { ...ours, name: "clawkeep", variant: "graph" },
    exact: { ...ours, name: "clawkeep, exact scan", variant: "exact", scan: true },
    portable: {
      ...ours,
      name: "clawkeep, portable engine",
      variant: "graph",
      start: () => {
        const native = ours.start();
        const environment = { ...native.environment, CLAWKEEP_ENGINE: "portable" };
        return { ...native, environment };
      },
    },
    hnswlibNode: { ...hnswlib, name: "hnswlib-node", start: start("hnswlib-node.ts") },
    hnswlibNodeSparse: {
      ...hnswlib,
      name: `hnswlib-node, M ${sparseDegree}`,
      degree: sparseDegree,
      start: start("hnswlib-node.ts"),
    },
    usearchF16: { ...usearch, name: "usearch f16", variant: "f16" },
    usearchBf16: { ...usearch, name: "usearch bf16", variant: "bf16" },
    usearchF32: { ...usearch, name: "usearch f32", variant: "f32" },
    usearchI8: { ...usearch, name: "usearch i8", variant: "i8" },
    lancedb: { ...theirs, name: "LanceDB hnswSq", start: start("lancedb.ts") },
    sqliteVec: { ...theirs, name: "sqlite-vec", start: start("sqlite-vec.ts"), scan: true },
  };
}

/** The keys of {@link nodeIndexes}. */
export type NodeIndexName =
  | "graph"
  | "exact"
  | "portable"
  | "hnswlibNode"
  | "hnswlibNodeSparse"
  | "usearchF16"
  | "usearchBf16"
  | "usearchF32"
  | "usearchI8"
  | "lancedb"
  | "sqliteVec";

/** What takes all queries in one call, in Python. */
export function pythonIndexes(bench: Bench): readonly IndexKind[] {
  const start = (module: string) => (): WorkerStart => bench.peers.pythonWorker(module);
  const theirs = { ...usual, ours: false };
  return [
    { ...theirs, name: "hnswlib (Python)", start: start("search_hnswlib") },
    { ...theirs, name: "faiss HNSW f32 (Python)", variant: "flat", start: start("search_faiss") },
    { ...theirs, name: "faiss HNSW SQ8 (Python)", variant: "sq8", start: start("search_faiss") },
  ];
}

/** What a build took. */
export interface BuildSample {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly bytes: number;
}

/** Where an index over a set is kept. Ours is built anew when our code changes. */
export function indexFile(bench: Bench, kind: IndexKind, set: VectorSet): string {
  const key = kind.ours ? `-${bench.codeDigest}` : `-m${kind.degree}-c${kind.construction}`;
  const name = `${kind.name} ${kind.variant}`.replace(/[^a-z0-9]+/giu, "-");
  return path.join(
    bench.cache,
    "indexes",
    `${set.name}-${path.basename(set.base.path).slice(0, 60)}`,
    `${name}${key}`,
  );
}

/** Builds an index; the file is where it was built. */
export function buildIndex(
  worker: PeerWorker,
  kind: IndexKind,
  set: VectorSet,
  file: string,
  threads: number,
): Promise<BuildSample> {
  return worker.request<BuildSample>("build", {
    variant: kind.variant,
    vectors: set.base,
    dimensions: set.dimensions,
    degree: kind.degree,
    construction: kind.construction,
    threads,
    file,
  });
}

/**
 * The file of an index, built when it is not there, in a process that ends: what a build leaves behind
 * does not count as memory of a search.
 */
export async function keptIndex(bench: Bench, kind: IndexKind, set: VectorSet): Promise<string> {
  const file = indexFile(bench, kind, set);
  const done = `${file}.done`;
  if (!existsSync(done)) {
    if (set.base.rows > 20_000) {
      bench.say(`building ${kind.name} over ${set.name} once`);
    }
    mkdirSync(path.dirname(file), { recursive: true });
    if (kind.ours) {
      forget(path.dirname(file), path.basename(file).slice(0, -bench.codeDigest.length));
    }
    const builder = startWorker(kind.start());
    try {
      await buildIndex(builder, kind, set, file, 2);
    } finally {
      await builder.close();
    }
    writeFileSync(done, "");
  }
  return file;
}
