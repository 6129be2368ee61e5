import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { World } from "../openclaw/private-world.ts";
import { endGroup, makePrincipal, runAs, startAs } from "../openclaw/principal.ts";
import type { Ended, Principal } from "../openclaw/principal.ts";

/** A machine of the stage's own, seen by nobody else: /opt, /usr/local/bin, /run, /var/lib and /etc are copies. */
export interface Host {
  readonly world: World;
  readonly root: Principal;
  /** Runs a program that is installed in /usr/local/bin. */
  run(
    program: "claw" | "clawkeep-skill" | "local-rag",
    args: readonly string[],
    as?: Principal,
    options?: Parameters<typeof runAs>[2],
  ): Promise<Ended>;
  /** The stand-in where a person's own Ollama would be. */
  startOllama(): Promise<AsyncDisposable>;
}

/** Mounts what the stage changes over what is there, and installs programs as an operator would. */
export function makeHost(world: World): Host {
  for (const folder of ["/opt", "/usr/local/bin", "/run", "/var/lib", "/home"]) {
    must("mount", ["-t", "tmpfs", "-o", "mode=0755", "tmpfs", folder]);
  }
  const etc = path.join(world.base, "etc");
  mkdirSync(etc);
  must("mount", ["-t", "tmpfs", "tmpfs", etc]);
  for (const name of ["upper", "work"]) mkdirSync(path.join(etc, name));
  const layers = `lowerdir=/etc,upperdir=${etc}/upper,workdir=${etc}/work`;
  must("mount", ["-t", "overlay", "-o", layers, "overlay", "/etc"]);
  for (const [from, to] of [
    [world.clone, "/opt/claw/clone"],
    [world.install, "/opt/claw/openclaw"],
  ] as const) {
    mkdirSync(to, { recursive: true });
    must("mount", ["--rbind", from, to]);
  }
  copyFileSync(world.node, "/opt/claw/node");
  chmodSync("/opt/claw/node", 0o755);
  installPrograms("/usr/local/bin");
  const base: Principal = { name: "root", uid: 0, gid: 0, groups: [], home: "/" };
  const root = { ...base, home: path.join(world.base, "root") };
  makePrincipal(world.base, base);
  return {
    world,
    root,
    run: (program, args, as = root, options = {}) =>
      runAs(as, [`/usr/local/bin/${program}`, ...args], options),
    startOllama: async () => {
      const child = startAs(root, ["/usr/local/bin/ollama", "serve"]);
      const said = child.stdout === null ? undefined : once(child.stdout, "data");
      const isUp = await Promise.race([
        said?.then(() => true),
        once(child, "exit").then(() => false),
      ]);
      if (isUp === false) throw new Error("the stand-in for Ollama ended before it listened");
      return {
        [Symbol.asyncDispose]: async () => {
          const ended = once(child, "exit");
          endGroup(child);
          await ended;
        },
      };
    },
  };
}

/** Programs by the names that files of a deployment give them. Sources are run, so that nothing has to be built. */
export function installPrograms(folder: string): void {
  const source = "/opt/claw/node --conditions=source /opt/claw/clone";
  const programs: Readonly<Record<string, string>> = {
    node: 'exec /opt/claw/node "$@"',
    claw: `exec ${source}/apps/claw/src/main.ts "$@"`,
    "local-rag": 'exec /opt/claw/node /opt/claw/clone/apps/local-rag/dist/main.js "$@"',
    "clawkeep-skill": [
      "command=$1; shift",
      // As where it is installed beside the program of the skill.
      'case "$command" in lock|run|serve) set -- --program-folder /opt/claw/clone/apps/local-rag "$@";; esac',
      `exec ${source}/apps/skill/src/main.ts "$command" "$@"`,
    ].join("\n"),
    openclaw: 'exec /opt/claw/node /opt/claw/openclaw/node_modules/openclaw/openclaw.mjs "$@"',
    ollama: `exec ${source}/scripts/real/deploy/stand-in-ollama.ts "$@"`,
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
}

/** @throws Error with what it said */
export function must(command: string, args: readonly string[]): void {
  const ended = spawnSync(command, args, { encoding: "utf8" });
  if (ended.status !== 0) {
    throw new Error(`${command} ${args.join(" ")}: ${ended.error?.message ?? ended.stderr.trim()}`);
  }
}
