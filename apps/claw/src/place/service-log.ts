import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { CodedError } from "@clawkeep/diagnostics";
import { followLog, programLines } from "@clawkeep/provision";
import type { KeptService, ProgramRun } from "@clawkeep/provision";

import { compose, engine } from "./container-command.ts";
import { keptServices } from "./managed-services.ts";
import type { Operated } from "./operated.ts";

/** Which lines of a log are read. */
export interface ServiceLog {
  readonly service: string;
  /** Lines before the end to begin with. */
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/**
 * The lines of a service's log, wherever its manager keeps them: a file, the journal, or the engine of containers.
 *
 * @throws CodedError `LOGS_NONE`
 */
export async function serviceLog(
  operated: Operated,
  { service, lines, follow, signal }: ServiceLog,
): Promise<AsyncIterable<string>> {
  const kept = await keptServices(operated.card.name);
  for (const one of kept) {
    const file = fileOf(one, service, operated);
    if (file !== undefined && existsSync(file)) return followLog(file, { lines, follow, signal });
    const program = programOf(one, service, operated, { lines, follow });
    if (program !== undefined) return programLines(program, signal);
  }
  const known = kept.filter(({ by }) => by !== "nftables").map(wordOf);
  throw new CodedError({
    code: "LOGS_NONE",
    message: `expected a log of ${service}, got none; services that were started here: ${known.join(", ") || "none"}`,
    hint: `claw logs ${operated.card.name} --service NAME`,
  });
}

function fileOf(kept: KeptService, service: string, { definitions }: Operated): string | undefined {
  if (kept.by === "supervisor" && kept.name === service) {
    const definition = definitions.find(({ name }) => name === service);
    return definition && path.join(definition.folder, `${definition.name}.log`);
  }
  if (kept.by !== "launchd" || !kept.label.endsWith(`.${service}`)) return undefined;
  if (!existsSync(kept.plist)) return undefined;
  // As we render it: one line each.
  const text = readFileSync(kept.plist, "utf8");
  return /<key>StandardOutPath<\/key>\s*<string>([^<&]+)<\/string>/u.exec(text)?.[1];
}

function programOf(
  kept: KeptService,
  service: string,
  operated: Operated,
  { lines, follow }: Pick<ServiceLog, "lines" | "follow">,
): ProgramRun | undefined {
  const { name } = operated.card;
  // All of it, where lines are counted later.
  const count = lines >= allLines ? "all" : String(lines);
  if (kept.by === "compose") {
    const args = ["logs", "--no-color", "--no-log-prefix", "--tail", count];
    const words = [...args, ...(follow ? ["--follow"] : []), "--", service];
    return engine(operated, [...compose(operated), ...words]);
  }
  if (kept.by !== "systemd" || kept.unit !== `claw-${name}-${service}.service`) return undefined;
  const unit = kept.scope === "user" ? "--user-unit" : "--unit";
  return {
    program: "/usr/bin/journalctl",
    args: [
      `${unit}=${kept.unit}`,
      "--output=cat",
      "--no-pager",
      "--quiet",
      ...(count === "all" && !follow ? [] : [`--lines=${count}`]),
      ...(follow ? ["--follow"] : []),
    ],
    environment: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: process.env["HOME"] ?? "/" },
    cwd: "/",
  };
}

const allLines = Number.MAX_SAFE_INTEGER;

function wordOf(kept: KeptService): string {
  if (kept.by === "supervisor") return kept.name;
  if (kept.by === "systemd") return kept.unit;
  if (kept.by === "launchd") return kept.label;
  return kept.by === "compose" ? `those of the project ${kept.name}` : kept.table;
}
