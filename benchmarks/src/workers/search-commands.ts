import { mkdirSync, rmSync, statSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { OpenInput, OpenSearch, SearchPeer } from "./peer-contract.ts";
import { readVectors, rowsOf } from "./vectors-file.ts";

/** Where vectors are, and how they are cut into rows. */
interface VectorsPlace {
  readonly path: string;
  readonly rows: number;
}

/** What one build is asked to do. */
export interface BuildRequest {
  readonly variant: string;
  readonly vectors: VectorsPlace;
  readonly dimensions: number;
  readonly degree: number;
  readonly construction: number;
  readonly threads: number;
  readonly file: string;
}

/** What one measurement of searches is asked to do. */
export interface SearchRequest {
  readonly index: OpenInput;
  readonly queries: VectorsPlace;
  readonly k: number;
  /** The queries are asked again until this much time has passed. */
  readonly minSeconds: number;
  /** Where the ids of the first pass go, 32-bit, `k` a query, −1 where there are fewer. */
  readonly out: string;
  /** Ask them in one call over so many threads instead of one query a call. */
  readonly batchThreads?: number;
}

/** What opening an index is asked to do. */
export interface OpenRequest {
  readonly index: OpenInput;
  readonly queries: VectorsPlace;
  readonly k: number;
  readonly repeats: number;
}

/** Commands over an index. One stays open between two calls that ask for the same. */
export function searchCommands(
  peer: SearchPeer,
): Record<string, (args: never) => Promise<Record<string, unknown>>> {
  let current: { readonly key: string; readonly index: OpenSearch } | undefined;

  const close = async (): Promise<void> => {
    await current?.index.close();
    current = undefined;
  };
  const openFor = async (input: OpenInput): Promise<OpenSearch> => {
    const key = JSON.stringify(input);
    if (current?.key !== key) {
      await close();
      current = { key, index: await peer.open(input) };
    }
    return current.index;
  };

  const build = async (request: BuildRequest): Promise<Record<string, unknown>> => {
    const { vectors: place, dimensions, file } = request;
    rmSync(file, { recursive: true, force: true });
    mkdirSync(path.dirname(file), { recursive: true });
    const vectors = readVectors(place.path, dimensions, place.rows);
    const [seconds, cpuSeconds] = [{ sum: 0 }, { sum: 0 }];
    const timed = async <T>(work: () => T | Promise<T>): Promise<T> => {
      const cpu = process.cpuUsage();
      const started = process.hrtime.bigint();
      const result = await work();
      seconds.sum += secondsSince(started);
      cpuSeconds.sum += cpuSince(cpu);
      return result;
    };
    await peer.build({ ...request, vectors, timed });
    return { seconds: seconds.sum, cpuSeconds: cpuSeconds.sum, bytes: bytesBelow(file) };
  };

  const search = async (request: SearchRequest): Promise<Record<string, unknown>> => {
    const { index: input, queries: place, k, minSeconds, out } = request;
    const index = await openFor(input);
    const queries = rowsOf(readVectors(place.path, input.dimensions, place.rows), input.dimensions);
    const ask = askerOf(index, queries, k, request.batchThreads);
    // The first pass warms caches and compilers and gives the ids; it is not timed.
    const found = await ask(0, queries.length);
    writeFileSync(out, Buffer.from(idsOf(index, found, k).buffer));
    const slice = request.batchThreads === undefined ? 50 : queries.length;
    let asked = 0;
    const cpu = process.cpuUsage();
    const started = process.hrtime.bigint();
    let seconds: number;
    do {
      // Slices, so that a slow peer need not ask every query again.
      const first = asked % queries.length;
      const end = Math.min(first + slice, queries.length);
      await ask(first, end);
      asked += end - first;
      seconds = secondsSince(started);
    } while (seconds < minSeconds);
    return { rate: asked / seconds, asked, seconds, cpuSeconds: cpuSince(cpu) };
  };

  const open = async (request: OpenRequest): Promise<Record<string, unknown>> => {
    const { index, queries: place, k, repeats } = request;
    const input = { ...index, once: true };
    await close();
    const [query] = rowsOf(readVectors(place.path, input.dimensions, 1), input.dimensions);
    const milliseconds: number[] = [];
    for (let repeat = 0; repeat <= repeats && query !== undefined; repeat += 1) {
      const started = process.hrtime.bigint();
      const opened = await peer.open(input);
      await opened.search(opened.prepare(query), k);
      const elapsed = secondsSince(started) * 1000;
      await opened.close();
      // The first one loads the library: the process is to be warm.
      if (repeat > 0) {
        milliseconds.push(elapsed);
      }
    }
    return { milliseconds };
  };

  return { build, search, open };
}

type Found = readonly unknown[];

function askerOf(
  index: OpenSearch,
  queries: readonly Float32Array[],
  k: number,
  batchThreads: number | undefined,
): (first: number, end: number) => Promise<Found> {
  if (batchThreads !== undefined) {
    const batch = index.batch?.bind(index);
    if (batch === undefined) {
      throw new Error("this peer takes one query a call only");
    }
    return async () => (await batch(queries, k, batchThreads)) as Found;
  }
  const prepared = queries.map((query) => index.prepare(query));
  return async (first, end) => {
    const found: unknown[] = [];
    for (let place = first; place < end; place += 1) {
      const result = index.search(prepared[place], k);
      // No turn of the event loop for those that answer at once.
      found.push(result instanceof Promise ? await result : result);
    }
    return found;
  };
}

function idsOf(index: OpenSearch, found: Found, k: number): Int32Array {
  const ids = new Int32Array(found.length * k).fill(-1);
  found.forEach((result, query) => {
    const given = index.idsOf(result);
    for (let place = 0; place < Math.min(k, given.length); place += 1) {
      ids[query * k + place] = Number(given[place]);
    }
  });
  return ids;
}

function bytesBelow(file: string): number {
  const found = statSync(file);
  return found.isDirectory()
    ? readdirSync(file).reduce((sum, name) => sum + bytesBelow(path.join(file, name)), 0)
    : found.size;
}

/** Wall time since a reading of `process.hrtime.bigint`. */
export function secondsSince(started: bigint): number {
  return Number(process.hrtime.bigint() - started) / 1e9;
}

/** Processor time of all threads since a reading of `process.cpuUsage`. */
export function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
