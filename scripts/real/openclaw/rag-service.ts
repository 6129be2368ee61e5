import { once } from "node:events";
import { chownSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { endGroup, makeOwnFolder, runAs, startAs } from "./principal.ts";
import type { Stand } from "./stand.ts";

/** `local-rag serve --http` of the service's uid. */
export interface RagService extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
  /** How often each route was asked, by what came of it: `/v1/embeddings ok`. */
  requests(): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<void>;
}

/** Indexes a small folder, which a service has to have, and serves it by HTTP with these switches. */
export async function startRagService(
  { service, world }: Stand,
  name: string,
  switches: readonly string[],
): Promise<RagService> {
  const folder = makeOwnFolder(service, path.join(service.home, name));
  const documents = makeOwnFolder(service, path.join(folder, "documents"));
  const document = path.join(documents, "lamp.md");
  writeFileSync(document, "# The lamp\n\nColza oil burns clean.\n");
  chownSync(document, service.uid, service.gid);
  const index = path.join(folder, "index");
  const program = [world.node, path.join(world.clone, "apps/local-rag/dist/main.js")];
  const environment = { CLAWKEEP_HOME: path.join(folder, "state") };
  const made = await runAs(service, [...program, "index", documents, "--index", index], {
    environment,
  });
  if (made.code !== 0) throw new Error(`local-rag index: ${made.stderr}`);
  const child = startAs(
    service,
    [...program, "serve", "--index", index, "--http", "0", ...switches],
    { environment },
  );
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  const ended = once(child, "exit");
  await Promise.race([
    child.stdout === null ? ended : once(child.stdout, "data"),
    ended.then(() => {
      throw new Error(`local-rag serve: ${said}`);
    }),
  ]);
  const [, url, file] = /(http:\/\/\S+) for .*, token in (\S+)/u.exec(said) ?? [];
  if (url === undefined || file === undefined) throw new Error(`local-rag serve: ${said}`);
  const token = readFileSync(file, "utf8").trim();
  const stop = async (): Promise<void> => {
    endGroup(child);
    await ended;
  };
  return {
    url,
    token,
    requests: async () => {
      const headers = { authorization: `Bearer ${token}` };
      const text = await (await fetch(`${url}/metrics`, { headers })).text();
      const counted = text.matchAll(/requests_total\{route="([^"]*)",code="([^"]*)"\} (\d+)/gu);
      return new Map([...counted].map(([, at, code, count]) => [`${at} ${code}`, Number(count)]));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
