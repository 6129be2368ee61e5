import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

import { openEmbedder } from "@clawkeep/embedder";

import { runOrThrow } from "../cold-query/peers.ts";
import { describeMachine, keepRun } from "../keep-run.ts";
import { figureMissed } from "../stages.ts";
import type { Errand, Outcome } from "./clients.ts";
import { client } from "./clients.ts";
import { anonymousMemory, descendantsOf } from "./processes.ts";
import { startServer } from "./server.ts";
import type { RagServer } from "./server.ts";
import type { Reading } from "./statistics.ts";
import { floorsOf, quantile, slopeOf } from "./statistics.ts";

/**
 * 32 clients of one `local-rag serve --http` for a minute, while its index is brought up to date again and again and
 * the process that embeds and answers is killed: who is not answered rightly is refused with a code, and nothing grows.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const program = path.join(root, "apps/local-rag/dist/main.js");
const seconds = 60;
/** When the confined process is killed; the readings that are judged begin after that. */
const killAt = [8, 12];
const judgedFrom = 20;
/** Garbage comes and goes: what grows is what is left each time. Both slopes have to hold. */
const floorSeconds = 5;
const bound = { bytesPerMinute: 1_000_000 };
const words = ["amber", "basalt", "cobalt", "dahlia", "ember", "fjord", "garnet", "hazel"];

async function main(): Promise<number> {
  const base = mkdtempSync(path.join(tmpdir(), "ck-soak-"));
  const environment = { ...process.env, CLAWKEEP_HOME: path.join(base, "home") };
  process.env["CLAWKEEP_HOME"] = environment.CLAWKEEP_HOME;
  try {
    const files = path.join(base, "files");
    layOut(files);
    const index = path.join(base, "index");
    const indexing = [program, "index", files, "--index", index, "--progress", "none"];
    runOrThrow(process.execPath, indexing);
    await using server = await startServer(program, ["--index", index, "--openai"], environment);
    return await soak(server, files, indexing);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

async function soak(
  server: RagServer,
  files: string,
  indexing: readonly string[],
): Promise<number> {
  const [search, embed, tool] = [searches(), await embeddings(), tools()];
  const began = performance.now();
  const now = (): number => (performance.now() - began) / 1000;
  const isOver = (): boolean => now() >= seconds;
  const outcomes: Outcome[] = [];
  const note = (outcome: Outcome): void => void outcomes.push(outcome);
  // 24 ask by HTTP, 4 embed five chunks each as OpenClaw does, 4 are agents with tools.
  const all = [...repeated(search, 24), ...repeated(embed, 4), ...repeated(tool, 4)];
  const clients = all.map((own, place) => client(server, rotated(own, place), isOver, note));
  const readings = new Map<string, Reading[]>([
    ["listener", []],
    ["worker", []],
  ]);
  const [published] = await Promise.all([
    publish(files, indexing, isOver),
    kill(server, now),
    watch(server, now, isOver, readings),
    ...clients,
  ]);
  return report(outcomes, readings, published, all.length);
}

/** A document a word that no other has, among the documentation of this project. */
function layOut(files: string): void {
  mkdirSync(files, { recursive: true });
  const documents = path.join(root, "docs");
  for (const name of readdirSync(documents).filter((file) => file.endsWith(".md"))) {
    copyFileSync(path.join(documents, name), path.join(files, name));
  }
  for (const word of words) {
    const text = `# Room ${word}\n\nThe key of room ${word} hangs beside the ${word} lamp.\n`;
    writeFileSync(path.join(files, `room-${word}.md`), text);
  }
}

function searches(): readonly Errand[] {
  return words.map((word) => ({
    kind: "search",
    path: "/v1/search",
    body: { query: `where is the key of room ${word}`, topk: 3 },
    isRight: (answer) => cites(answer, word),
  }));
}

function tools(): readonly Errand[] {
  return words.map((word, id) => ({
    kind: "mcp",
    path: "/mcp",
    body: {
      jsonrpc: "2.0",
      id: id + 1,
      method: "tools/call",
      params: { name: "search", arguments: { query: `where is the key of room ${word}`, topk: 3 } },
    },
    isRight: (answer) => {
      const { result } = answer as { readonly result?: { readonly structuredContent?: unknown } };
      return result?.structuredContent !== undefined && cites(result.structuredContent, word);
    },
  }));
}

/** Five chunks a request, and the vectors that the command line has for them. */
async function embeddings(): Promise<readonly Errand[]> {
  const embedder = await openEmbedder({ workers: 0 });
  const errands: Errand[] = [];
  for (const word of words) {
    const input = [1, 2, 3, 4, 5].map(
      (n) => `Chunk ${n} is about ${word} and what lies beside it.`,
    );
    const rows = await embedder.embed(input);
    const expected = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength).toString("base64");
    errands.push({
      kind: "embed",
      path: "/v1/embeddings",
      body: { model: "all-minilm", input, encoding_format: "base64" },
      isRight: (answer) => {
        const { data } = answer as { readonly data?: readonly { readonly embedding: string }[] };
        const bytes = (data ?? []).map(({ embedding }) => Buffer.from(embedding, "base64"));
        return Buffer.concat(bytes).toString("base64") === expected;
      },
    });
  }
  await embedder.close();
  return errands;
}

function cites(answer: unknown, word: string): boolean {
  const { results } = answer as {
    readonly results?: readonly { readonly citation: { readonly path: string } }[];
  };
  return results?.[0]?.citation.path === `room-${word}.md`;
}

/** Adds documents and indexes again until the time is over; how often. */
async function publish(
  files: string,
  indexing: readonly string[],
  isOver: () => boolean,
): Promise<number> {
  let times = 0;
  while (!isOver()) {
    times += 1;
    const text = `# Note ${times}\n\nThis is note ${times}: ${"something else ".repeat(times % 40)}\n`;
    // Ten names in turn: the index changes, and does not grow without end.
    writeFileSync(path.join(files, `note-${times % 10}.md`), text);
    await promisify(execFile)(process.execPath, [...indexing]);
  }
  return times;
}

async function kill(server: RagServer, now: () => number): Promise<void> {
  for (const at of killAt) {
    await pause(Math.max(0, at - now()) * 1000);
    const worker = workerOf(server);
    process.stdout.write(`${now().toFixed(1)} s: kill worker ${String(worker)}\n`);
    if (worker !== undefined) process.kill(worker, "SIGKILL");
  }
}

/** The program in the sandbox, below what confines it. */
function workerOf({ pid }: RagServer): number | undefined {
  return descendantsOf(pid).findLast(
    ({ pid: own, command }) => own !== pid && command.includes("serve-worker"),
  )?.pid;
}

async function watch(
  server: RagServer,
  now: () => number,
  isOver: () => boolean,
  readings: ReadonlyMap<string, Reading[]>,
): Promise<void> {
  while (!isOver()) {
    const worker = workerOf(server);
    readings.get("listener")?.push({ seconds: now(), bytes: anonymousMemory(server.pid) });
    if (worker !== undefined) {
      readings.get("worker")?.push({ seconds: now(), bytes: anonymousMemory(worker) });
    }
    await pause(500);
  }
}

function report(
  outcomes: readonly Outcome[],
  readings: ReadonlyMap<string, readonly Reading[]>,
  published: number,
  clients: number,
): number {
  const machine = describeMachine();
  const kinds = ["search", "embed", "mcp"];
  const rows = kinds.map((kind) => {
    const own = outcomes.filter((outcome) => outcome.kind === kind);
    const times = own.filter(({ verdict }) => verdict === "right").map((one) => one.milliseconds);
    const by = (verdict: Outcome["verdict"]): number =>
      own.filter((outcome) => outcome.verdict === verdict).length;
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(times, share));
    return {
      kind,
      requests: own.length,
      right: by("right"),
      refused: by("refused"),
      wrong: by("wrong"),
      p50,
      p95,
      p99,
    };
  });
  const results = new Map<string, number>();
  for (const { result } of outcomes) results.set(result, (results.get(result) ?? 0) + 1);
  const growth = [...readings].map(([name, all]) => {
    const judged = all.filter((reading) => reading.seconds >= judgedFrom);
    return {
      name,
      bytesPerMinute: slopeOf(judged) * 60,
      floorBytesPerMinute: slopeOf(floorsOf(judged, floorSeconds)) * 60,
      highest: Math.max(...judged.map(({ bytes }) => bytes)),
    };
  });
  const perMinute = (bytes: number): string => (bytes / 1e6).toFixed(2);
  const shown = (value: number | undefined): string => (value ?? Number.NaN).toFixed(1);
  const text = [
    `# ${clients} clients for ${seconds} seconds`,
    "",
    `${machine.cpu}, ${machine.cores} cores, which clients, service and indexing share; Node ${process.versions.node}.`,
    `The index was published ${published} times; the process that embeds and answers was killed after ${killAt.join(" and ")} s.`,
    "",
    "| | requests | answered rightly | refused with a code | wrong | p50 ms | p95 ms | p99 ms |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map(
      (row) =>
        `| ${row.kind} | ${row.requests} | ${row.right} | ${row.refused} | ${row.wrong} | ${shown(row.p50)} | ${shown(row.p95)} | ${shown(row.p99)} |`,
    ),
    "",
    ...growth.map(
      ({ name, bytesPerMinute, floorBytesPerMinute, highest }) =>
        `- RssAnon of the ${name} from second ${judgedFrom} on: ${perMinute(bytesPerMinute)} MB a minute by least squares over all readings, ${perMinute(floorBytesPerMinute)} over the least of each ${floorSeconds} s (each less than ${perMinute(bound.bytesPerMinute)}); at most ${(highest / 1e6).toFixed(0)} MB`,
    ),
    "",
  ].join("\n");
  process.stdout.write(`\n${text}\n`);
  for (const [result, count] of results) process.stdout.write(`${count} × ${result}\n`);
  keepRun(root, "soak", text, {
    machine,
    rows,
    results: [...results],
    growth,
    published,
    readings: [...readings],
  });
  const wrong = rows.some((row) => row.wrong > 0 || row.right === 0);
  const isKilled = (results.get("WORKER_ENDED") ?? 0) > 0;
  if (wrong || !isKilled || published === 0) return 1;
  const isLevel = growth
    .flatMap(({ bytesPerMinute, floorBytesPerMinute }) => [bytesPerMinute, floorBytesPerMinute])
    .every((slope) => slope < bound.bytesPerMinute);
  return isLevel ? 0 : figureMissed;
}

function repeated<Value>(value: Value, times: number): readonly Value[] {
  return Array.from({ length: times }, () => value);
}

function rotated<Value>(values: readonly Value[], by: number): readonly Value[] {
  const at = by % Math.max(1, values.length);
  return [...values.slice(at), ...values.slice(0, at)];
}

process.exitCode = await main();
