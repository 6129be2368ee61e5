import { readdirSync } from "node:fs";
import path from "node:path";

import { figureMissed } from "../stages.ts";
import { Checks } from "./checks.ts";
import type { Check } from "./checks.ts";
import { installOpenclaw } from "./install.ts";
import { enterPrivateWorld } from "./private-world.ts";
import { makeStand } from "./stand.ts";
import type { Route } from "./stand.ts";
import { startStandInModel } from "./stand-in-model.ts";

const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));

/**
 * Every file `route-*.ts` of this folder in turn, with one release of OpenClaw. Arguments, or
 * `CLAWKEEP_ROUTES=1,5`, choose routes by number.
 *
 * @param script The stage's own file, which is started again in namespaces of its own.
 * @returns the exit code
 */
export async function runRoutes(script: string, wanted?: string): Promise<number> {
  const chosen = chosenRoutes();
  if (chosen !== undefined) process.env["CLAWKEEP_ROUTES"] = chosen.join(",");
  const installed = installOpenclaw(wanted);
  const world = enterPrivateWorld(script, root, installed.folder);
  if (typeof world === "number") return world;
  process.stdout.write(
    `openclaw ${installed.version}, Node ${process.versions.node}; the model is a scripted stand-in; no network but loopback\n`,
  );
  const all: Check[] = [];
  for (const route of await readRoutes()) {
    if (chosen !== undefined && !chosen.includes(route.number)) continue;
    all.push(...(await runRoute(route, world, installed.version)));
  }
  return report(all);
}

async function runRoute(
  route: Route,
  world: Parameters<typeof makeStand>[0],
  version: string,
): Promise<readonly Check[]> {
  process.stdout.write(`\nroute ${route.number}: ${route.title}\n`);
  const checks = new Checks(route.number);
  await using model = await startStandInModel();
  const entry = path.join(world.install, "node_modules/openclaw/openclaw.mjs");
  try {
    await route.run(makeStand(world, entry, version, model), checks);
  } catch (error) {
    checks.that("ran to its end", false, String(error instanceof Error ? error.stack : error));
    if (error instanceof Error) process.stderr.write(`${error.stack ?? error.message}\n`);
  }
  return checks.all;
}

async function readRoutes(): Promise<readonly Route[]> {
  const files = readdirSync(import.meta.dirname).filter((name) =>
    /^route-[a-z-]+\.ts$/u.test(name),
  );
  const modules = await Promise.all(
    files.map((file) => import(path.join(import.meta.dirname, file)) as Promise<{ route: Route }>),
  );
  return modules.map(({ route }) => route).toSorted((a, b) => a.number - b.number);
}

/** From `--route 1 --route 5`, `1 5` or the environment. */
function chosenRoutes(): readonly number[] | undefined {
  const named = process.argv.slice(2).filter((arg) => /^[0-9]+$/u.test(arg));
  const words = named.length > 0 ? named : (process.env["CLAWKEEP_ROUTES"] ?? "").split(",");
  const numbers = words.filter((word) => /^[0-9]+$/u.test(word)).map(Number);
  return numbers.length === 0 ? undefined : numbers;
}

function report(all: readonly Check[]): number {
  const routes = [...new Set(all.map(({ route }) => route))];
  process.stdout.write("\n");
  for (const route of routes) {
    const own = all.filter((check) => check.route === route);
    const failed = own.filter(({ ok }) => !ok);
    process.stdout.write(
      `route ${route}: ${own.length - failed.length} of ${own.length} ok${failed.length === 0 ? "" : `; FAIL: ${failed.map(({ what }) => what).join("; ")}`}\n`,
    );
  }
  if (all.length === 0 || all.some(({ ok, isFigure }) => !ok && !isFigure)) return 1;
  return all.every(({ ok }) => ok) ? 0 : figureMissed;
}
