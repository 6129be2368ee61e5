import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";

import { installFromLock } from "../../../benchmarks/src/setup/npm-peers.ts";
import { runOrThrow } from "../cold-query/peers.ts";

/** qmd's HTTP form over its keyword index of a folder. */
export interface QmdServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * Installs qmd, indexes the folder once in `place`, and starts its service. It loads no model: none is there, and
 * none is asked for.
 */
export async function startQmd(root: string, files: string, place: string): Promise<QmdServer> {
  const folder = installFromLock(path.join(root, "benchmarks/qmd"), "qmd", []);
  const program = path.join(folder, "node_modules/@tobilu/qmd/bin/qmd");
  const environment = {
    ...process.env,
    HOME: place,
    XDG_CACHE_HOME: path.join(place, "cache"),
    XDG_CONFIG_HOME: path.join(place, "config"),
  };
  const stamp = path.join(place, "indexed.stamp");
  if (!existsSync(stamp)) {
    mkdirSync(place, { recursive: true });
    const copy = path.join(place, "files");
    cpSync(files, copy, { recursive: true });
    const added = ["collection", "add", copy, "--name", "corpus"];
    runOrThrow("env", [...assignments(environment), process.execPath, program, ...added]);
    writeFileSync(stamp, "");
  }
  const port = await freePort();
  const child = spawn(process.execPath, [program, "mcp", "--http", "--port", String(port)], {
    env: environment,
    stdio: "ignore",
    // Its program starts another one: both end as one group.
    detached: true,
  });
  const ended = once(child, "exit");
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`qmd ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      if (child.pid !== undefined && child.exitCode === null) {
        process.kill(-child.pid, "SIGKILL");
      }
      await ended;
    },
  };
}

function assignments(environment: NodeJS.ProcessEnv): readonly string[] {
  return ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"].map(
    (name) => `${name}=${environment[name] ?? ""}`,
  );
}

/** It takes no port 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://localhost:${port}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}
