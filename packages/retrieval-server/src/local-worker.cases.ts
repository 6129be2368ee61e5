import { PassThrough } from "node:stream";

import type { ResidentProcess } from "@clawkeep/sandbox";

import type { Workspace } from "./stand.cases.ts";
import { playedProcess } from "./stand.cases.ts";
import { serveWorker } from "./worker/serve-worker.ts";
import { workerClient } from "./worker/worker-client.ts";
import type { WorkerClient } from "./worker/worker-client.ts";

/** A worker of a workspace in this process: everything of it but the sandbox. */
export function localWorker(place: Workspace, workers = 0): WorkerClient {
  return workerClient(async (): Promise<ResidentProcess> => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const played = playedProcess();
    let rest = "";
    output.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) played.say(line);
    });
    void serveWorker(input, output, await place.open(workers)).catch(() => {});
    return {
      ...played.process,
      write: async (line) => void input.write(`${String(line)}\n`),
      close: async () => {
        input.end();
        return played.process.close();
      },
    };
  });
}
