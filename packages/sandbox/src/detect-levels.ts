import { CodedError } from "@clawkeep/diagnostics";

import { drivers } from "./drivers.ts";
import { sandboxLevels } from "./level.ts";
import type { LevelReport, LevelReports, SandboxLevel } from "./level.ts";
import type { ExecutionPolicy } from "./policy.ts";

/**
 * Tries levels for real, each once a process; later calls return the same answer at once. With
 * `wanted` only as many as are needed to know what such a run gets. A level that was not tried is
 * reported as not available, without a reason.
 */
export async function detectLevels(wanted?: ExecutionPolicy["level"]): Promise<LevelReports> {
  if (wanted === undefined) {
    const [bubblewrap, landlock, none] = await Promise.all([
      drivers.bubblewrap.detect(),
      drivers.landlock.detect(),
      drivers.none.detect(),
    ]);
    return { bubblewrap, landlock, none };
  }
  const reports = { ...untried };
  for (const level of wanted === "best" ? sandboxLevels : [wanted]) {
    reports[level] = await drivers[level].detect();
    if (reports[level].available) {
      break;
    }
  }
  return reports;
}

const untried: Record<SandboxLevel, LevelReport> = {
  bubblewrap: { level: "bubblewrap", available: false, notCovered: [] },
  landlock: { level: "landlock", available: false, notCovered: [] },
  none: { level: "none", available: false, notCovered: [] },
};

/**
 * The level that a policy gets on this machine.
 * @throws CodedError SANDBOX_LEVEL_UNAVAILABLE when the level that is asked for or required cannot be
 * obtained. Nothing has been spawned then.
 */
export function resolveLevel(
  reports: LevelReports,
  wanted: Pick<ExecutionPolicy, "level" | "require">,
): SandboxLevel {
  const level =
    wanted.level === "best"
      ? (sandboxLevels.find((candidate) => reports[candidate].available) ?? "none")
      : wanted.level;
  const strength = (of: SandboxLevel): number => -sandboxLevels.indexOf(of);
  if (wanted.require !== undefined && strength(level) < strength(wanted.require)) {
    throw unavailable(wanted.require, reports);
  }
  if (!reports[level].available) {
    throw unavailable(level, reports);
  }
  return level;
}

function unavailable(level: SandboxLevel, reports: LevelReports): CodedError {
  const why = reports[level].why ?? "a weaker level was asked for";
  return new CodedError({
    code: "SANDBOX_LEVEL_UNAVAILABLE",
    message: `the sandbox level ${level} is required and was not obtained: ${why}`,
    hint:
      level === "bubblewrap"
        ? "install bubblewrap (apt install bubblewrap) and allow unprivileged user namespaces"
        : "ask for a level that this machine has",
  });
}
