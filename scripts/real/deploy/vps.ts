import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import path from "node:path";
import process from "node:process";

import { cacheFolder } from "../cache.ts";
import { observeRow } from "../observe-row.ts";
import type { Host } from "./host.ts";
import { must } from "./host.ts";
import { startOpenRouter } from "./openrouter.ts";
import type { Verdicts } from "./verdicts.ts";

/** A small server: another Debian with accounts of its own, where only the programs that are installed are ours. */
export async function vps(host: Host, verdicts: Verdicts): Promise<void> {
  await using provider = await startOpenRouter(host);
  const inside = mountDebian(path.join(host.world.base, "vps"));
  const script = "/opt/claw/clone/scripts/real/deploy/inside-vps.ts";
  const child = spawn("chroot", [inside, "/opt/claw/node", "--conditions=source", script], {
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      CLAWKEEP_OBSERVED_ROWS: "/srv/observed-rows",
      STAND_IN_KEY: provider.key,
    },
  });
  const [code] = (await once(child, "exit")) as [number | null];
  verdicts.that("everything inside of it", code === 0, `exit code ${code}`);
  verdicts.that(
    "the hosted model was asked, through squid [T7]",
    provider.asked() > 1,
    `${provider.asked()} times`,
  );
  if (code === 0) observeInside(path.join(inside, "srv/observed-rows"));
}

/** Rows that were seen to hold in there, where the file of the stage cannot be reached. */
function observeInside(file: string): void {
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [id = "", how] = line.split(" ");
    if (how === "ran" || how === "judged") observeRow(id, how);
  }
}

/** The cached system under a layer in memory, with this machine's kernel and what is installed in /opt and /usr/local. */
function mountDebian(base: string): string {
  mkdirSync(base);
  must("mount", ["-t", "tmpfs", "-o", "mode=0755", "tmpfs", base]);
  for (const name of ["upper", "work", "root"]) mkdirSync(path.join(base, name));
  const inside = path.join(base, "root");
  const layers = `lowerdir=${debian()},upperdir=${base}/upper,workdir=${base}/work`;
  must("mount", ["-t", "overlay", "-o", layers, "overlay", inside]);
  for (const folder of ["/dev", "/proc", "/sys", "/opt", "/usr/local/bin"]) {
    mkdirSync(path.join(inside, folder), { recursive: true });
    must("mount", ["--rbind", folder, path.join(inside, folder)]);
  }
  copyFileSync("/etc/hosts", path.join(inside, "etc/hosts"));
  return inside;
}

function debian(): string {
  return cacheFolder("debian-bookworm");
}

/**
 * Debian's smallest system with squid, made once: afterwards no network is needed.
 *
 * @throws Error with what debootstrap said; called where there is a network
 */
export function fetchDebian(): void {
  const folder = debian();
  if (existsSync(folder) && readdirSync(folder).includes("usr")) return;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(path.dirname(folder), { recursive: true });
  const ended = spawnSync(
    "debootstrap",
    ["--variant=minbase", "--include=squid", "bookworm", partial],
    { encoding: "utf8", maxBuffer: 2 ** 26, env: { ...process.env, LC_ALL: "C" } },
  );
  if (ended.status !== 0) {
    throw new Error(
      `debootstrap: ${ended.error?.message ?? ended.stdout.slice(-500)} (apt install debootstrap)`,
    );
  }
  renameSync(partial, folder);
}
