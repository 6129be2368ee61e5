export { openWorker, workerLevel } from "./worker/open-worker.ts";
export type { WorkerProgram } from "./worker/open-worker.ts";
export { residentIndex } from "./worker/resident-index.ts";
export type { ResidentIndex, ServedStatus } from "./worker/resident-index.ts";
export type { ReadAnswer, ReadPassage } from "./worker/read-passages.ts";
export type { EmbedRequest, ReadRequest, SearchRequest } from "./worker/requests.ts";
export { serveWorker } from "./worker/serve-worker.ts";
export { workerClient } from "./worker/worker-client.ts";
export type { RawJson, WorkerClient, WorkerMethod } from "./worker/worker-client.ts";
