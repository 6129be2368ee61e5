import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { clusteredVectors } from "../synthetic/clustered-vectors.ts";
import type { PeerWorker } from "./start-worker.ts";
import { nodeWorker, startWorker } from "./start-worker.ts";
import { writeVectors } from "./vectors-file.ts";

const dimensions = 16;
const clusters = { dimensions, centres: 4, directions: 4, spread: 0.5, seed: 3 };
const open: PeerWorker[] = [];
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawkeep-worker-"));
  writeVectors(path.join(folder, "base.f32"), clusteredVectors(clusters, 60, 0));
});
afterAll(async () => {
  await Promise.all(open.map((worker) => worker.close()));
  rmSync(folder, { recursive: true });
});

function start(): PeerWorker {
  const worker = startWorker(nodeWorker("../src/workers/flat-peer.cases.ts", {}));
  open.push(worker);
  return worker;
}

const place = (): { path: string; rows: number } => ({
  path: path.join(folder, "base.f32"),
  rows: 60,
});
const build = (variant: string): object => ({
  variant,
  vectors: place(),
  dimensions,
  degree: 1,
  construction: 1,
  threads: 1,
  file: path.join(folder, "deep", "index"),
});
const index = (): object => ({
  variant: "",
  file: path.join(folder, "deep", "index"),
  dimensions,
  rows: 60,
  ef: 1,
});

test("a worker builds, searches and opens, and leaves the ids of every query", async () => {
  const worker = start();
  const built = await worker.request<{ bytes: number }>("build", build(""));
  expect(built.bytes).toBe(60 * dimensions * 4);
  const out = path.join(folder, "ids");
  const found = await worker.request<{ rate: number; asked: number }>("search", {
    index: index(),
    // The rows themselves: each one's nearest is itself.
    queries: { ...place(), rows: 60 },
    k: 3,
    minSeconds: 0,
    out,
  });
  expect(found.rate).toBeGreaterThan(0);
  const ids = new Int32Array(new Uint8Array(readFileSync(out)).buffer);
  expect(ids).toHaveLength(60 * 3);
  expect([...ids].filter((_, spot) => spot % 3 === 0)).toEqual(
    Array.from({ length: 60 }, (_, row) => row),
  );
  const opened = await worker.request<{ milliseconds: number[] }>("open", {
    index: index(),
    queries: { ...place(), rows: 1 },
    k: 3,
    repeats: 4,
  });
  expect(opened.milliseconds).toHaveLength(4);
});

test("what a peer cannot do is an error with its words, and the worker goes on", async () => {
  const worker = start();
  await expect(worker.request("build", build("broken"))).rejects.toThrow("cannot be built");
  await expect(worker.request("fly", {})).rejects.toThrow("unknown command fly");
  await expect(worker.request("build", build(""))).resolves.toHaveProperty("seconds");
});

test("a peer that ends is an error, then and later", async () => {
  const worker = start();
  await expect(worker.request("build", build("gone"))).rejects.toThrow("exit code 7");
  await expect(worker.request("build", build(""))).rejects.toThrow("has ended");
});

test("a peer that is asked for batches and has none says so", async () => {
  const worker = start();
  await worker.request("build", build(""));
  const request = {
    index: index(),
    queries: place(),
    k: 3,
    minSeconds: 0,
    out: path.join(folder, "x"),
  };
  await expect(worker.request("search", { ...request, batchThreads: 2 })).rejects.toThrow(
    "one query a call only",
  );
});
