import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { serveMcpStdio } from "@clawkeep/mcp-transport";
import type { RawJson, WorkerClient, WorkerMethod } from "@clawkeep/retrieval-server";
import { mcpServer, openWorker, workerClient, workerLevel } from "@clawkeep/retrieval-server";
import type { HttpService, LineMethod } from "@clawkeep/service";
import {
  askService,
  claimPlace,
  openServiceLog,
  readyLine,
  ServiceMetrics,
  serveLines,
} from "@clawkeep/service";

import { commands } from "../arguments/command-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { integerOf, usage } from "../arguments/parse-flags.ts";
import { becomeLevel } from "../governor/level-process.ts";
import { keepHeapLevel } from "../governor/small-heap.ts";
import { ownRelease, version } from "../place/release.ts";
import type { ServedIndex } from "../place/served-index.ts";
import { servedIndex } from "../place/served-index.ts";
import { workerProgram } from "../place/worker-program.ts";
import { openHttp } from "./serve-http.ts";

const defaultIdleSeconds = 900;

/** `local-rag serve`: one index, fixed here, until it is idle, stopped, or replaced by a newer program. */
export async function runServe(options: RawOptions): Promise<number> {
  const spec = commands.serve;
  if (!options.flags.has("stop")) becomeLevel();
  // Requests are garbage: V8 would take 150 MB before it looks for what is left of them, which is 20.
  keepHeapLevel();
  if (options.positional.length > 0) throw usage(spec, "it takes no arguments, only flags");
  const served = await servedIndex(options, process.cwd());
  if (options.flags.has("stop")) return stop(served);
  for (const flag of ["openai", "ollama", "token-file"]) {
    if (options.flags.has(flag) && !options.flags.has("http")) {
      throw usage(spec, `--${flag} needs --http`);
    }
  }
  const idle = idleOf(options);
  const program = workerProgram(options, served);
  const level = await workerLevel(program.unconfined);
  if (options.flags.has("mcp")) {
    refuseBesideMcp(options);
    const worker = workerClient(() => openWorker(program));
    try {
      await worker.ask("status", {});
      await serveMcpStdio(() => mcpServer(worker, version), process.stdin, process.stdout);
      return 0;
    } finally {
      await worker.close();
    }
  }
  const release = ownRelease();
  const claim = await claimPlace(served.place, release);
  if (claim.kind === "served") {
    if (options.flags.has("http")) throw alreadyServed();
    process.stdout.write(`${readyLine}\n`);
    process.stderr.write("another instance serves this index\n");
    return 0;
  }
  const log = openServiceLog(served.place.log);
  const worker = workerClient(() => openWorker(program));
  const metrics = new ServiceMetrics("clawkeep_local_rag");
  metrics.gauge("worker_starts", () => worker.starts);
  let http: HttpService | undefined;
  try {
    const service = await serveLines(served.place, claim.lock, {
      release,
      methods: methodsOf(worker, ["search", "read", "status"]),
      serialise: (output) => (isRaw(output) ? output.json : JSON.stringify(output)),
      ...(idle === undefined ? {} : { idleMs: idle * 1000 }),
      log,
      metrics,
    });
    const close = (): void => void service.close();
    process.once("SIGTERM", close).once("SIGINT", close);
    if (options.flags.has("http")) {
      const parts = { worker, log, metrics, hold: () => service.hold() };
      const opened = await openHttp(options, served, parts).catch(async (error: unknown) => {
        await service.close();
        throw error;
      });
      http = opened.service;
      process.stderr.write(
        `http://127.0.0.1:${http.port} for ${opened.offers}, token in ${opened.tokenFile}\n`,
      );
    }
    // Before the first question: an index that is missing, damaged or foreign is told by who reads it.
    await worker.ask("status", {}).catch(async (error: unknown) => {
      await service.close();
      throw error;
    });
    process.stdout.write(`${readyLine}\n`);
    process.stderr.write(
      `serving ${served.folders.join(", ")} at ${served.place.socket}, level ${level}\n`,
    );
    await service.done;
    return 0;
  } finally {
    await http?.close();
    await worker.close();
  }
}

/**
 * Seconds without a request. A program that has the address of an HTTP service does not start it: there it ends
 * only when somebody said after how long.
 */
function idleOf(options: RawOptions): number | undefined {
  const asked = integerOf(commands.serve, options, "idle", { from: 1, to: 31_536_000 });
  return asked ?? (options.flags.has("http") ? undefined : defaultIdleSeconds);
}

/** By standard input there is one client, one connection, and nothing to listen at. */
function refuseBesideMcp({ flags }: RawOptions): void {
  for (const flag of ["http", "idle"]) {
    if (flags.has(flag)) throw usage(commands.serve, `--mcp takes no --${flag}`);
  }
}

function alreadyServed(): CodedError {
  return new CodedError({
    code: "SERVE_RUNNING",
    message: "another instance serves this index already, so --http was not opened",
    hint: "local-rag serve --stop, then again",
  });
}

function methodsOf(
  worker: WorkerClient,
  names: readonly WorkerMethod[],
): Readonly<Record<string, LineMethod>> {
  return Object.fromEntries(
    names.map((name) => [name, (input, signal) => worker.ask(name, input, signal)]),
  );
}

function isRaw(output: unknown): output is RawJson {
  return typeof output === "object" && output !== null && "json" in output;
}

async function stop({ place }: ServedIndex): Promise<number> {
  const reply = await askService(place.socket, { method: "stop" });
  const name = path.basename(place.socket);
  process.stderr.write(reply.kind === "absent" ? `nobody serves at ${name}\n` : `${name} stops\n`);
  return 0;
}
