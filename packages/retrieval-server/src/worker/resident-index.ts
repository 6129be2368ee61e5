import type { Embedder, EncoderDescription } from "@clawkeep/embedder";
import { describeEncoder } from "@clawkeep/embedder";
import type {
  Answer,
  Collections,
  EngineDescription,
  Index,
  IndexPlace,
  Snapshot,
} from "@clawkeep/retrieval";
import { answerQuery, describeEngine, openIndexes } from "@clawkeep/retrieval";

import { EmbeddingQueue } from "./embedding-queue.ts";
import type { ReadAnswer } from "./read-passages.ts";
import { readPassages } from "./read-passages.ts";
import type { EmbedRequest, ReadRequest, SearchRequest } from "./requests.ts";
import { optionsOf } from "./search-wishes.ts";

/** `[CLS]` and `[SEP]` around every text. */
const framingTokens = 2;

/** What is served, and from which model. */
export interface ServedStatus {
  readonly version: 1;
  readonly documents: number;
  readonly chunks: number;
  readonly segments: number;
  /** Counts publications, of all indexes together. */
  readonly sequence: number;
  readonly snapshotRoot: string;
  readonly spaceId: string;
  readonly dimensions: number;
  readonly maxTokens: number;
  /** What searches vectors and what runs the model, here in the worker, and why not the native ones. */
  readonly engine: EngineDescription;
  readonly encoder: EncoderDescription;
  /** Each of several indexes, by name. */
  readonly collections?: readonly {
    readonly name: string;
    readonly documents: number;
    readonly chunks: number;
    readonly snapshotRoot: string;
  }[];
}

/** Vectors of texts, one row a text, and their tokens. */
export interface EmbeddedTexts {
  readonly rows: Float32Array;
  /** Of all texts together, cut ones as cut. */
  readonly tokens: number;
  /** Of the longest text before it was cut. */
  readonly longest: number;
}

/** One index, or several as one, and the model, open for as long as the process lives. */
export interface ResidentIndex {
  search(
    request: SearchRequest,
    signal?: AbortSignal,
  ): Promise<Answer & { readonly tookMs: number }>;
  read(request: ReadRequest): ReadAnswer;
  embed(request: EmbedRequest, signal?: AbortSignal): Promise<EmbeddedTexts>;
  status(): ServedStatus;
  close(): Promise<void>;
}

/**
 * Answers each request from the snapshot that is published then: a publication is seen by the next
 * request, and one that is under way keeps the snapshot that it began with.
 *
 * @param places The index folders; nothing else is ever opened.
 */
export function residentIndex(places: readonly IndexPlace[], embedder: Embedder): ResidentIndex {
  const queue = new EmbeddingQueue(embedder);
  let open: { readonly index: Index | Collections; users: number; stale: boolean } | undefined;
  const leave = (used: NonNullable<typeof open>): void => {
    used.users -= 1;
    if (used.stale && used.users === 0) used.index.close();
  };
  const retire = (): void => {
    if (open === undefined) return;
    open.stale = true;
    if (open.users === 0) open.index.close();
    open = undefined;
  };
  const enter = (): NonNullable<typeof open> => {
    if (open?.index.isCurrent() !== true) {
      retire();
      const index = openIndexes(places, embedder.spaceId, { resident: true });
      open = { index, users: 0, stale: false };
    }
    open.users += 1;
    return open;
  };
  return {
    search: async ({ query, topk, offset, ...wishes }, signal) => {
      const began = performance.now();
      const used = enter();
      try {
        const embed = (text: string): Promise<Float32Array> => queue.embed([text], signal);
        const answer = await answerQuery(used.index, embed, query, {
          ...optionsOf(wishes),
          topK: topk,
          ...(offset === undefined ? {} : { offset }),
          countTokens: () => Promise.resolve((text) => embedder.wordPiece.count(text)),
        });
        return { ...answer, tookMs: Math.round((performance.now() - began) * 10) / 10 };
      } finally {
        leave(used);
      }
    },
    read: (request) => {
      const used = enter();
      try {
        return readPassages(used.index, request);
      } finally {
        leave(used);
      }
    },
    embed: async ({ texts }, signal) => {
      const rows = await queue.embed(texts, signal);
      const { wordPiece, maxTokens } = embedder;
      const counts = texts.map((text) => wordPiece.count(text) + framingTokens);
      const tokens = counts.reduce((sum, count) => sum + Math.min(count, maxTokens), 0);
      return { rows, tokens, longest: Math.max(...counts) };
    },
    status: () => {
      const used = enter();
      try {
        const { snapshots, parts, snapshotRoot, collections } = used.index;
        const total = (count: (snapshot: Snapshot) => number): number =>
          snapshots.reduce((sum, snapshot) => sum + count(snapshot), 0);
        return {
          version: 1,
          documents: total(({ documents }) => documents),
          chunks: total(({ chunks }) => chunks),
          segments: parts.length,
          sequence: total(({ sequence }) => sequence),
          snapshotRoot,
          ...(collections.length === 0
            ? {}
            : {
                collections: collections.map((each) => ({
                  ...{ name: each.name, documents: each.documents, chunks: each.chunks },
                  snapshotRoot: each.snapshotRoot,
                })),
              }),
          spaceId: embedder.spaceId,
          dimensions: embedder.dimensions,
          maxTokens: embedder.maxTokens,
          engine: describeEngine(),
          encoder: describeEncoder(),
        };
      } finally {
        leave(used);
      }
    },
    close: async () => {
      retire();
      await embedder.close();
    },
  };
}
