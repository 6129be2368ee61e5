import type { OpenClawProgram } from "../../../packages/openclaw-contract/src/index.ts";
import {
  judgeConfig,
  judgeConsistency,
  judgeContainers,
  judgeForeign,
  judgeHardening,
} from "../../../packages/provision-judges/src/index.ts";
import type { JudgedFile } from "../../../packages/provision-judges/src/index.ts";
import { equivalence } from "../../../packages/provision-judges/src/mutation/equivalent-mutants.cases.ts";
import { mutantsOf } from "../../../packages/provision-judges/src/mutation/mutants.cases.ts";
import type { Mutant } from "../../../packages/provision-judges/src/mutation/mutants.cases.ts";
import {
  expectedAudit,
  expectedLint,
  parseSpec,
  renderDeployment,
} from "../../../packages/provision-plan/src/index.ts";
import type { DeploymentSpec } from "../../../packages/provision-plan/src/index.ts";
import { plainSpecs, richSpecs } from "../../../packages/provision-plan/src/spec/specs.cases.ts";
import { inTurns } from "./in-turns.ts";

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };

/** Programs that nobody here wrote, by the kind of file that they read; and of how many mutants they are asked one. */
const asked: Readonly<
  Record<string, { readonly judges: readonly string[]; readonly every: number }>
> = {
  compose: { judges: ["compose config", "kics"], every: 48 },
  dockerfile: { judges: ["hadolint", "kics"], every: 6 },
  "systemd-unit": { judges: ["systemd-analyze verify", "systemd-analyze security"], every: 48 },
  quadlet: { judges: ["quadlet --dryrun"], every: 4 },
  nftables: { judges: ["nft -c"], every: 4 },
  squid: { judges: ["squid -k parse"], every: 1 },
  caddyfile: { judges: ["caddy validate"], every: 1 },
  "launchd-plist": { judges: ["plistlib"], every: 1 },
  "openclaw-config": { judges: ["OpenClaw's own validate, audit and lint"], every: 96 },
};

/** What was seen of the mutants of one kind of file. */
interface Count {
  total: number;
  foreign: number;
  own: number;
  listed: number;
}

/** How many mutants of each kind of file foreign programs and our own readers kill, apart. */
export interface Kills {
  /** One line a kind. */
  readonly lines: readonly string[];
  /** Mutants that nobody kills and no reason is kept for. */
  readonly survivors: readonly string[];
}

/**
 * Removes or weakens a line at a time, and asks who reads the files alone. Of a kind with many mutants every so many is
 * asked about, from a fixed start.
 */
export async function killMutants(bin: string, program: OpenClawProgram): Promise<Kills> {
  const counts = new Map<string, Count>();
  const survivors: string[] = [];
  const jobs = chosen().map((one) => async () => {
    const { spec, files, mutant } = one;
    const { file } = mutant;
    const changed = files.map((other) => (other.path === file.path ? file : other));
    const foreign =
      file.kind === "openclaw-config"
        ? await isSeenByOpenClaw(file, spec, program)
        : (
            await judgeForeign(changed, { folders: [bin], only: asked[file.kind]?.judges ?? [] })
          ).some(({ status }) => status === "failed");
    const own = isSeenByUs(changed);
    const isListed = equivalence(mutant.id) !== undefined;
    if (!own && !foreign && !isListed) survivors.push(mutant.id);
    const count = counts.get(file.kind) ?? { total: 0, foreign: 0, own: 0, listed: 0 };
    count.total += 1;
    count.foreign += Number(foreign);
    count.own += Number(own);
    count.listed += Number(!own && !foreign && isListed);
    counts.set(file.kind, count);
  });
  await inTurns(jobs, 2);
  const share = (part: number, whole: number): string =>
    `${part} (${Math.round((100 * part) / whole)} %)`;
  return {
    survivors,
    lines: [...counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([kind, { total, foreign, own, listed }]) =>
          `${kind}: ${total} asked about; ${share(foreign, total)} killed by ${asked[kind]?.judges.join(" or ") ?? ""}; ${share(own, total)} by our own readers; ${listed} by nobody, each with its reason`,
      ),
  };
}

interface Chosen {
  readonly spec: DeploymentSpec;
  readonly files: readonly JudgedFile[];
  readonly mutant: Mutant;
}

function chosen(): readonly Chosen[] {
  const seen = new Set<string>();
  const kinds = new Map<string, number>();
  return [...plainSpecs, ...richSpecs].flatMap(({ text }) => {
    const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
    if (spec === undefined) throw new Error(JSON.stringify(findings));
    const files = renderDeployment(spec, place);
    return files
      .filter(({ kind }) => Object.hasOwn(asked, kind))
      .flatMap(mutantsOf)
      .filter(({ id, file: { kind } }) => {
        if (seen.has(id)) return false;
        seen.add(id);
        const at = kinds.get(kind) ?? 0;
        kinds.set(kind, at + 1);
        return at % (asked[kind]?.every ?? 1) === 0;
      })
      .map((mutant) => ({ spec, files, mutant }));
  });
}

async function isSeenByOpenClaw(
  file: JudgedFile,
  spec: DeploymentSpec,
  program: OpenClawProgram,
): Promise<boolean> {
  const verdicts = await judgeConfig(JSON.parse(file.text) as Record<string, unknown>, program, {
    file: file.path,
    expected: expectedAudit(spec),
    expectedLint: expectedLint(spec),
  });
  return verdicts.some(({ status }) => status === "failed");
}

function isSeenByUs(files: readonly JudgedFile[]): boolean {
  try {
    return [judgeHardening, judgeContainers, judgeConsistency].some(
      (judge) => judge(files).status === "failed",
    );
  } catch {
    return true;
  }
}
