import { readdirSync } from "node:fs";
import path from "node:path";

import { describeMachine, keepRun } from "../keep-run.ts";
import { figureMissed, passedInPart } from "../stages.ts";
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
 * `CLAWKEEP_ROUTES=1,injection`, choose routes by number or name.
 *
 * @param script The stage's own file, which is started again in namespaces of its own.
 * @returns the exit code
 */
export async function runRoutes(script: string, wanted?: string): Promise<number> {
  const chosen = chosenRoutes();
  // The script is started again, without arguments.
  process.env["CLAWKEEP_ROUTES"] = chosen.join(",");
  const installed = installOpenclaw(wanted);
  const world = enterPrivateWorld(script, root, installed.folder);
  if (typeof world === "number") return world;
  process.stdout.write(
    `openclaw ${installed.version}, Node ${process.versions.node}; the model is a scripted stand-in; no network but loopback\n`,
  );
  const all: Check[] = [];
  for (const { name, route } of await readRoutes()) {
    if (chosen.length > 0 && !chosen.includes(name) && !chosen.includes(String(route.number)))
      continue;
    all.push(...(await runRoute(route, world, installed.version)));
  }
  if (chosen.length === 0 && process.env["CLAWKEEP_KEEP_RUN"] === "1") keep(installed.version, all);
  const code = report(all);
  return code === 0 && chosen.length > 0 ? passedInPart : code;
}

/** The table that people read: `benchmarks/runs/…/openclaw.md`. */
function keep(version: string, all: readonly Check[]): void {
  const machine = describeMachine();
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  const text = [
    `# OpenClaw ${version} by every route`,
    "",
    `${machine.cpu}, ${machine.cores} cores; Node ${process.versions.node}. The model is a scripted stand-in; no network but loopback.`,
    "",
    "| route | what | observed | |",
    "| ---: | --- | --- | --- |",
    ...all.map(
      ({ route, what, observed, ok }) =>
        `| ${route} | ${cell(what)} | ${cell(observed)} | ${ok ? "ok" : "FAIL"} |`,
    ),
    "",
  ].join("\n");
  keepRun(root, "openclaw", text, { version, machine, node: process.versions.node, checks: all });
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

interface NamedRoute {
  readonly name: string;
  readonly route: Route;
}

async function readRoutes(): Promise<readonly NamedRoute[]> {
  const files = readdirSync(import.meta.dirname).filter((file) =>
    /^route-[a-z-]+\.ts$/u.test(file),
  );
  const routes = await Promise.all(
    files.map(async (file) => {
      const { route } = (await import(path.join(import.meta.dirname, file))) as { route: Route };
      return { name: path.basename(file, ".ts").replace("route-", ""), route };
    }),
  );
  return routes.toSorted((a, b) => a.route.number - b.route.number);
}

/** Numbers or names of files, from `--route 1`, `1 mcp-cost` or `CLAWKEEP_ROUTES=1,mcp-cost`; none: all. */
function chosenRoutes(): readonly string[] {
  const named = process.argv.slice(2).filter((word) => !word.startsWith("-"));
  const words = named.length > 0 ? named : (process.env["CLAWKEEP_ROUTES"] ?? "").split(",");
  return words.filter((word) => word !== "");
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
