import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { cacheFolder } from "../cache.ts";
import { installJudges } from "../judges/install-judges.ts";
import { controlGroup, must } from "./world.ts";

/** A daemon of the stage's own. Its images are kept in the cache; everything else of it is in the world's /run. */
export interface Daemon extends AsyncDisposable {
  /** `HOME` of whoever calls `docker`: the plugin compose is in there. */
  readonly home: string;
  docker(...args: readonly string[]): string;
  /** What the daemon printed. */
  readonly log: () => string;
}

const run = "/run/clawkeep";

/** @throws Error with the daemon's words when it does not come up */
export async function startDaemon(): Promise<Daemon> {
  const data = cacheFolder("docker", "data");
  for (const folder of [data, run]) mkdirSync(folder, { recursive: true });
  const logFile = path.join(run, "dockerd.log");
  const out = openSync(logFile, "w");
  const child = spawn(
    "dockerd",
    [
      ...["--data-root", data, "--exec-root", `${run}/exec`, "--pidfile", `${run}/docker.pid`],
      // Where users have it, so that claw finds it by itself.
      ...["--host", "unix:///run/docker.sock", "--cgroup-parent", controlGroup],
    ],
    { stdio: ["ignore", out, out] },
  );
  closeSync(out);
  const log = (): string => readFileSync(logFile, "utf8");
  const home = path.join(run, "home");
  const plugins = path.join(home, ".docker/cli-plugins");
  mkdirSync(plugins, { recursive: true });
  symlinkSync(path.join(installJudges(), "docker-compose"), path.join(plugins, "docker-compose"));
  const environment = { HOME: home, DOCKER_HOST: "unix:///run/docker.sock", DOCKER_BUILDKIT: "0" };
  const docker: Daemon["docker"] = (...args) => must("docker", args, { environment });
  for (let tries = 0; ; tries += 1) {
    if (child.exitCode !== null || tries > 240) {
      child.kill("SIGKILL");
      throw new Error(`dockerd did not start:\n${log().slice(-3000)}`);
    }
    try {
      docker("version");
      break;
    } catch {
      await pause(250);
    }
  }
  return {
    home,
    docker,
    log,
    [Symbol.asyncDispose]: async () => {
      const left = docker("ps", "--all", "--quiet")
        .split("\n")
        .filter((id) => id !== "");
      if (left.length > 0) docker("rm", "--force", "--volumes", ...left);
      docker("volume", "prune", "--force");
      docker("network", "prune", "--force");
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}
