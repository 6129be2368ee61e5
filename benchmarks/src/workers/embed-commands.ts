import { readFileSync } from "node:fs";

import { flatSearch } from "./flat-search.ts";
import type { EmbedPeer, OpenEmbed } from "./peer-contract.ts";
import { cpuSince, secondsSince } from "./search-commands.ts";
import { readVectors, writeVectors } from "./vectors-file.ts";

/** Which form of which weights. */
export interface LoadRequest {
  readonly variant: string;
  readonly model: string;
}

/** Which texts, and how many at a time. */
export interface EmbedRequest {
  /** One JSON object a line, with `input`. */
  readonly chunks: string;
  readonly count: number;
  /** Texts a call; 0 gives all of them to the peer, which cuts them up itself. */
  readonly batch: number;
  /** Sort by length first, so that a batch holds texts of one length. */
  readonly sorted: boolean;
  /** Where the vectors go, if anywhere; not timed. */
  readonly out?: string;
}

/** Questions against a flat or an own index. */
export interface WarmRequest {
  readonly questions: readonly string[];
  readonly vectors: { readonly path: string; readonly rows: number };
  readonly dimensions: number;
  /** Our segment with the same vectors. */
  readonly segment: string;
  readonly k: number;
}

/** Commands over a model. */
export function embedCommands(
  peer: EmbedPeer,
): Record<string, (args: never) => Promise<Record<string, unknown>>> {
  let model: OpenEmbed | undefined;
  const loaded = (): OpenEmbed => {
    if (model === undefined) {
      throw new Error("expected `load` before anything else");
    }
    return model;
  };

  const load = async (request: LoadRequest): Promise<Record<string, unknown>> => {
    const started = process.hrtime.bigint();
    model = await peer.load(request.variant, request.model);
    await model.embed(["a first text, because the first call of a session is slower"]);
    return { seconds: secondsSince(started) };
  };

  const embed = async (request: EmbedRequest): Promise<Record<string, unknown>> => {
    const texts = readInputs(request.chunks, request.count);
    const order = texts.map((_, place) => place);
    if (request.sorted) {
      order.sort((a, b) => (texts[a] ?? "").length - (texts[b] ?? "").length || a - b);
    }
    const size = request.batch === 0 ? texts.length : request.batch;
    let vectors = new Float32Array(0);
    const cpu = process.cpuUsage();
    const started = process.hrtime.bigint();
    for (let start = 0; start < order.length; start += size) {
      const part = order.slice(start, start + size);
      const rows = await loaded().embed(part.map((place) => texts[place] ?? ""));
      const width = rows.length / part.length;
      if (vectors.length === 0) {
        vectors = new Float32Array(texts.length * width);
      }
      part.forEach((place, row) =>
        vectors.set(rows.subarray(row * width, (row + 1) * width), place * width),
      );
    }
    const seconds = secondsSince(started);
    const cpuSeconds = cpuSince(cpu);
    if (request.out !== undefined) {
      writeVectors(request.out, vectors);
    }
    return { rate: texts.length / seconds, seconds, cpuSeconds };
  };

  const warm = async (request: WarmRequest): Promise<Record<string, unknown>> => {
    const { questions, dimensions, k } = request;
    const own = loaded().openSearch?.(request.segment);
    const vectors =
      own === undefined
        ? readVectors(request.vectors.path, dimensions, request.vectors.rows)
        : new Float32Array(0);
    const milliseconds: number[] = [];
    // The first question warms up.
    for (const [place, question] of [questions[0] ?? "", ...questions].entries()) {
      const started = process.hrtime.bigint();
      const query = await loaded().embed([question]);
      if (own === undefined) {
        flatSearch(vectors, dimensions, query, k);
      } else {
        await own.search(own.prepare(query), k);
      }
      if (place > 0) {
        milliseconds.push(secondsSince(started) * 1000);
      }
    }
    await own?.close();
    return { milliseconds };
  };

  return { load, embed, warm };
}

function readInputs(file: string, count: number): readonly string[] {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(0, count);
  if (lines.length !== count) {
    throw new RangeError(`expected ${count} chunks in ${file}, got ${lines.length}`);
  }
  return lines.map((line) => (JSON.parse(line) as { readonly input: string }).input);
}
