import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import { runOnTerminal } from "@clawkeep/provision";
import type { ProgramRun } from "@clawkeep/provision";

import { printData, printNote } from "../output/print.ts";
import { compose, engine } from "../place/container-command.ts";
import { startedServices } from "../place/managed-services.ts";
import { operatedOf } from "../place/operated.ts";
import type { Operated } from "../place/operated.ts";
import { specOrFindings } from "../place/spec-file.ts";
import { applySpec } from "./apply.ts";

/** Options of `update` as they were written. */
export interface UpdateOptions {
  readonly openclaw?: string;
  readonly withoutModel?: boolean;
}

/**
 * Has a deployment run the OpenClaw of its spec: gets it, backs the state up, and makes every process anew. When the new
 * one is not ready, the old one runs again with the state of before: a newer OpenClaw may have changed its form.
 */
export async function updateName(
  name: string | undefined,
  options: UpdateOptions,
): Promise<number> {
  const operated = operatedOf(name);
  const { card } = operated;
  const spec = specOrFindings(card.spec);
  if (spec === undefined) return 1;
  if (card.manager === "container") return updateContainers(operated);
  if (card.manager !== "process") throw notOurs(card.manager);
  const version = spec.openclawVersion;
  const folder = path.resolve(options.openclaw ?? (await installed(version)));
  checkVersion(folder, version);
  await startedServices(operated);
  const code = await applySpec(card.spec, {
    folder: card.folder,
    start: true,
    recreate: true,
    openclaw: folder,
    ...(options.withoutModel === true ? { withoutModel: true } : {}),
  });
  if (code === 0) {
    printData(escapeForTerminal(`${card.name}: runs OpenClaw ${version} of ${folder}`));
    return 0;
  }
  printNote(escapeForTerminal(`${card.name}: as it was, its state too`));
  return code;
}

/** Pulled images are used only by containers that are made anew: `restart` would go on with the old ones (C16). */
async function updateContainers(operated: Operated): Promise<number> {
  const project = (...args: readonly string[]): ProgramRun =>
    engine(operated, [...compose(operated), ...args]);
  const pulled = await runOnTerminal(project("build", "--pull"));
  if (pulled !== 0) return 2;
  const started = await runOnTerminal(project("up", "-d", "--force-recreate", "--wait"));
  return started === 0 ? 0 : 1;
}

/** Folder with that version, got from the registry by npm when it is not there; none of its scripts is run. */
async function installed(version: string): Promise<string> {
  const folder = path.join(stateHome(process.env), "openclaw", version);
  if (existsSync(path.join(folder, "node_modules", "openclaw", "openclaw.mjs"))) return folder;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const npm = path.join(path.dirname(process.execPath), "npm");
  const args = [
    "install",
    "--prefix",
    folder,
    "--ignore-scripts",
    "--no-audit",
    `openclaw@${version}`,
  ];
  const code = await runOnTerminal({
    program: existsSync(npm) ? npm : "/usr/bin/npm",
    args,
    environment: {
      HOME: folder,
      PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    },
    cwd: folder,
  });
  if (code === 0) return folder;
  throw new CodedError({
    code: "UPDATE_NOT_INSTALLED",
    message: `expected npm to install openclaw@${version}, it ended with ${code}`,
    hint: "Install it elsewhere, and say --openclaw FOLDER.",
  });
}

function checkVersion(folder: string, version: string): void {
  let found: unknown;
  try {
    const file = path.join(folder, "node_modules", "openclaw", "package.json");
    found = (JSON.parse(readFileSync(file, "utf8")) as { readonly version?: unknown }).version;
  } catch {
    found = undefined;
  }
  if (found === version) return;
  throw new CodedError({
    code: "UPDATE_VERSION",
    message: `expected OpenClaw ${version} in ${folder}, as the spec says, got ${typeof found === "string" ? found : "none"}`,
    hint: "openclaw: {version: …} in deploy.yaml pins it.",
  });
}

function notOurs(manager: string): CodedError {
  return new CodedError({
    code: "UPDATE_MANAGER",
    message: `expected a notebook or containers, got ${manager}: its OpenClaw was installed into the system`,
    hint: "Install the version of the spec there, then `claw apply` and `claw restart`.",
  });
}
