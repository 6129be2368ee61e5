import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";

import { cacheFolder } from "../cache.ts";
import { openclawVersion } from "../openclaw/release.ts";
import { must, remove } from "./world.ts";

const folder = cacheFolder("docker", "npm");

/** What the images install. */
export const installed: readonly string[] = [
  "@clawkeep/skill@0.1.0",
  "@clawkeep/claw@0.1.0",
  "@clawkeep/local-rag@0.1.0",
  `openclaw@${openclawVersion}`,
];

/** A registry that listens on loopback. */
export interface Registry extends AsyncDisposable {
  readonly url: string;
}

/** Without an upstream it has what was kept, and nothing else. */
export async function startRegistry(port: number, upstream?: string): Promise<Registry> {
  const script = path.join(import.meta.dirname, "registry-server.ts");
  const more = upstream === undefined ? [] : [upstream];
  const child = spawn(process.execPath, [script, folder, String(port), ...more], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    url: `http://127.0.0.1:${line.toString("utf8").trim()}`,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Packs every package of ours as it would be published. */
export function packOwn(root: string): void {
  const own = path.join(folder, "own");
  remove(own);
  mkdirSync(own, { recursive: true });
  for (const group of ["packages", "apps"]) {
    for (const name of readdirSync(path.join(root, group))) {
      const cwd = path.join(root, group, name);
      if (!existsSync(path.join(cwd, "package.json"))) continue;
      const { filename } = JSON.parse(
        must("pnpm", ["pack", "--json", "--pack-destination", own], { cwd }),
      ) as { filename: string };
      const manifest = must("tar", ["-xzOf", filename, "package/package.json"]);
      writeFileSync(filename.replace(/\.tgz$/u, ".json"), manifest);
    }
  }
}

/** Installs once what the images will install, and keeps every answer of the real registry. Needs a network. */
export async function keepPackages(): Promise<void> {
  const stamp = path.join(folder, "kept.stamp");
  const wanted = JSON.stringify([installed, manifestsOfOwn()]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const real = must("npm", ["config", "get", "registry"]).trim();
  await using registry = await startRegistry(0, real);
  const work = mkdtempSync(path.join(tmpdir(), "ck-npm-"));
  try {
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--registry", registry.url];
    const where = ["--global", "--prefix", path.join(work, "p"), "--cache", path.join(work, "c")];
    await run("npm", ["install", ...where, ...flags, ...installed]);
    writeFileSync(stamp, wanted);
  } finally {
    remove(work);
  }
}

/** What decides which packages of others are needed. */
function manifestsOfOwn(): readonly string[] {
  const own = path.join(folder, "own");
  return readdirSync(own)
    .filter((name) => name.endsWith(".json"))
    .map((name) => {
      const { dependencies } = JSON.parse(readFileSync(path.join(own, name), "utf8")) as {
        dependencies?: unknown;
      };
      return `${name} ${JSON.stringify(dependencies ?? {})}`;
    });
}

/** As `must`, while this process goes on. */
async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${code}`);
}
