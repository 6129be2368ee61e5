import path from "node:path";

import { mcpRoute } from "@clawkeep/mcp-transport";
import { modelManifest } from "@clawkeep/model-minilm";
import { mcpServer, ollamaRoutes, openAiRoutes, searchRoute } from "@clawkeep/retrieval-server";
import type { ServedModel, WorkerClient } from "@clawkeep/retrieval-server";
import type { HttpRoute, HttpService, ServiceLog, ServiceMetrics } from "@clawkeep/service";
import { accessTokens, serveHttp, tokenFromFile } from "@clawkeep/service";

import { commands } from "../arguments/command-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { integerOf, textOf } from "../arguments/parse-flags.ts";
import { version } from "../place/release.ts";
import type { ServedIndex } from "../place/served-index.ts";

/** What the routes work with. */
export interface HttpParts {
  readonly worker: WorkerClient;
  readonly log: ServiceLog;
  readonly metrics: ServiceMetrics;
  /** Keeps the service from being idle while a request is answered. */
  readonly hold: () => () => void;
}

/** The packaged model under the names that other programs have for it. */
const model: ServedModel = {
  names: [modelManifest.name.toLowerCase(), "all-minilm"],
  dimensions: modelManifest.dimensions,
  maxTokens: modelManifest.maxTokens,
  digest: modelManifest.files.weights.digest.slice("sha256:".length),
  bytes: modelManifest.files.weights.bytes,
};

/** The HTTP form of `local-rag serve`, with what it offers and where its token is. */
export async function openHttp(
  options: RawOptions,
  { place }: ServedIndex,
  { worker, log, metrics, hold }: HttpParts,
): Promise<{ readonly service: HttpService; readonly offers: string; readonly tokenFile: string }> {
  const port = integerOf(commands.serve, options, "http", { from: 0, to: 65_535 }) ?? 0;
  const named = textOf(options, "token-file");
  const tokenFile = path.resolve(named ?? place.socket.replace(/sock$/u, "token"));
  const token = await tokenFromFile(tokenFile);
  const routes: readonly HttpRoute[] = [
    mcpRoute(() => mcpServer(worker, version)),
    searchRoute(worker),
    ...(options.flags.has("openai") ? openAiRoutes(worker, model) : []),
    ...(options.flags.has("ollama") ? ollamaRoutes(worker, model) : []),
  ];
  const service = await serveHttp({
    tokens: accessTokens([{ id: "http", token }]),
    routes,
    port,
    log,
    metrics,
    hold,
  });
  return { service, offers: routes.map((route) => route.path).join(", "), tokenFile };
}
