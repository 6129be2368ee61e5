import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { endGroup, makeOwnFolder, runAs, startAs } from "./principal.ts";
import type { Ended, Principal } from "./principal.ts";
import type { Stand } from "./stand.ts";

/** A workspace with an index and a lock, and `clawkeep-skill` over it, all of the service's uid. */
export interface Keep {
  readonly principal: Principal;
  /** Holds `skills/`, `skills.lock` and the index. */
  readonly workspace: string;
  /** `CLAWKEEP_HOME`: log, keys, tokens. */
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Runs `clawkeep-skill ARGS` in the workspace, as the service's uid or another. */
  skill(args: readonly string[], as?: Principal): Promise<Ended>;
  /** Starts `clawkeep-skill serve ARGS`. */
  serve(args: readonly string[]): Promise<Served>;
}

/** A running `clawkeep-skill serve`. */
export interface Served extends AsyncDisposable {
  readonly pid: number;
  /** What it serves at: a URL or the path of a socket. */
  readonly at: string;
}

/** The command as it is installed: Node and the bundle. */
export function skillCommand({ world }: Stand): readonly [string, string] {
  return [world.node, path.join(world.clone, "apps/skill/dist/main.js")];
}

/** Who puts files where they belong, as an installation does. */
const root: Principal = { name: "root", uid: 0, gid: 0, groups: [], home: "/" };

/** Where `local-rag` is installed, for commands that start it. */
export function programs({ world }: Stand): readonly [string, string] {
  return ["--program-folder", path.join(world.clone, "apps/local-rag")];
}

/**
 * Indexes documents and locks the skill `local-rag`, as an operator would for a service of its own uid.
 *
 * @param documents Names and texts.
 */
export async function makeKeep(
  stand: Stand,
  name: string,
  documents: Readonly<Record<string, string>>,
): Promise<Keep> {
  const { service, world } = stand;
  const folder = makeOwnFolder(service, path.join(service.home, name));
  const workspace = makeOwnFolder(service, path.join(folder, "work"));
  const corpus = makeOwnFolder(service, path.join(folder, "corpus"));
  const home = makeOwnFolder(service, path.join(folder, "state"));
  for (const [file, text] of Object.entries(documents)) {
    writeFileSync(path.join(corpus, file), text);
    chownSync(path.join(corpus, file), service.uid, service.gid);
  }
  const environment = { CLAWKEEP_HOME: home };
  const as = { environment, cwd: workspace };
  await must(root, ["cp", "-r", path.join(world.clone, "skills"), workspace], {});
  await must(root, ["chown", "-R", `${service.uid}:${service.gid}`, workspace], {});
  const rag = path.join(world.clone, "apps/local-rag/dist/main.js");
  const index = path.join(workspace, ".clawkeep/index");
  await must(service, [world.node, rag, "index", corpus, "--index", index], as);
  const skill: Keep["skill"] = (args, who = service) =>
    runAs(who, [...skillCommand(stand), ...args], {
      environment,
      // Another uid has no way into the workspace.
      cwd: who === service ? workspace : who.home,
    });
  const locked = await skill(["lock", ...programs(stand), "skills/local-rag"]);
  if (locked.code !== 0) throw new Error(`clawkeep-skill lock: ${locked.stderr}${locked.stdout}`);
  return {
    principal: service,
    workspace,
    home,
    environment,
    skill,
    serve: async (args) =>
      servedBy(
        startAs(service, [...skillCommand(stand), "serve", ...programs(stand), ...args], as),
      ),
  };
}

/** A folder for a socket: the group may look into it, and nobody but the service may change it. */
export function makeSocketFolder({ world, service, sharedGroup }: Stand, name: string): string {
  const folder = path.join(world.base, name);
  mkdirSync(folder);
  chownSync(folder, service.uid, sharedGroup);
  chmodSync(folder, 0o750);
  return folder;
}

/** How OpenClaw connects by HTTP: it fills the header in from its own environment. */
export function httpServer(url: string): Readonly<Record<string, unknown>> {
  return {
    url,
    transport: "streamable-http",
    headers: { Authorization: ["Bearer $", "{KEEP_TOKEN}"].join("") },
    toolFilter: { include: ["local-rag_query"] },
  };
}

/** The token that an operator gives to one client. */
export function tokenOf({ home }: Keep, name: string): string {
  return readFileSync(path.join(home, "tokens", name), "utf8").trim();
}

async function must(
  who: Principal,
  command: readonly string[],
  options: Parameters<typeof runAs>[2],
): Promise<void> {
  const { code, stderr, stdout } = await runAs(who, command, options);
  if (code !== 0) throw new Error(`${command.join(" ")}: exit ${code}\n${stderr}${stdout}`);
}

async function servedBy(child: ChildProcess): Promise<Served> {
  let said = "";
  const at = await new Promise<string>((resolve, reject) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      const found = /serving at (\S+)/u.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", () => reject(new Error(`clawkeep-skill serve: ${said}`)));
  });
  return {
    pid: child.pid ?? 0,
    at,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      endGroup(child);
      await ended;
    },
  };
}
