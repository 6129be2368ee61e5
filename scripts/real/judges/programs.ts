import { writeFileSync } from "node:fs";
import path from "node:path";

import {
  judgeConsistency,
  judgeContainers,
  judgeForeign,
  judgeHardening,
} from "../../../packages/provision-judges/src/index.ts";
import type { JudgedFile, Verdict } from "../../../packages/provision-judges/src/index.ts";
import { mutantsOf } from "../../../packages/provision-judges/src/mutation/mutants.cases.ts";
import { parseSpec, renderDeployment } from "../../../packages/provision-plan/src/index.ts";
import { plainSpecs, richSpecs } from "../../../packages/provision-plan/src/spec/specs.cases.ts";
import { guideFiles } from "./guide-files.ts";
import { mistakes } from "./mistakes.cases.ts";

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };

interface Row {
  readonly kind: "rendered" | "mistake" | "guide";
  readonly name: string;
  readonly verdicts: readonly Verdict[];
}

/** Of the mutants of a file every so many, from a fixed start. */
const sampled = 12;

/**
 * All programs over all that is rendered, over our fixtures of mistakes, and over what guides show; then what the
 * programs see of a sample of mutants. Writes `docs/judges.md`
 * where guides lie beside the clone.
 * @returns what went wrong, in words; nothing when all passed
 */
export async function judgePrograms(root: string, bin: string): Promise<readonly string[]> {
  const wrong: string[] = [];
  const rows: Row[] = [];
  const show = (row: Row): void => {
    rows.push(row);
    process.stdout.write(`${row.kind} ${row.name}\n`);
    for (const { judge, version, status, codes, findings } of row.verdicts) {
      if (status === "not-applicable") continue;
      process.stdout.write(
        `  ${status.padEnd(10)} ${judge} ${version ?? ""} ${codes.join(", ")}\n`,
      );
      for (const { severity, message, file } of row.kind === "rendered" ? findings : [])
        if (severity === "error") process.stdout.write(`      ${file ?? ""}: ${message}\n`);
    }
  };
  for (const { name, text } of [...plainSpecs, ...richSpecs]) {
    const verdicts = await all(filesOf(text), bin, [
      judgeConsistency,
      judgeContainers,
      judgeHardening,
    ]);
    show({ kind: "rendered", name, verdicts });
    for (const { judge, status } of verdicts)
      if (status === "failed" || status === "not-judged") wrong.push(`${name}: ${judge} ${status}`);
  }
  for (const { name, files } of mistakes) {
    const verdicts = await all(files, bin, [judgeContainers, judgeHardening]);
    show({ kind: "mistake", name, verdicts });
    if (!verdicts.some(({ status }) => status === "failed")) wrong.push(`${name}: nobody saw it`);
  }
  const guides = guideFiles(path.resolve(root, "../shared/seeds"));
  if (guides.length === 0) process.stdout.write("guides: not there, so not judged\n");
  for (const { name, files } of guides)
    show({
      kind: "guide",
      name,
      verdicts: await all(files, bin, [judgeContainers, judgeHardening]),
    });
  const kills = await foreignKills(bin);
  for (const line of kills) process.stdout.write(`${line}\n`);
  // Without guides the page would lose their rows.
  if (guides.length > 0) writeFileSync(path.join(root, "docs/judges.md"), page(rows, kills));
  return wrong;
}

function filesOf(text: string): readonly JudgedFile[] {
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return renderDeployment(spec, place);
}

async function all(
  files: readonly JudgedFile[],
  bin: string,
  own: readonly ((files: readonly JudgedFile[]) => Verdict)[],
): Promise<readonly Verdict[]> {
  return [...(await judgeForeign(files, { folders: [bin] })), ...own.map((judge) => judge(files))];
}

const judgesOf: Readonly<Record<string, readonly string[]>> = {
  compose: ["compose config"],
  dockerfile: ["hadolint"],
  "systemd-unit": ["systemd-analyze verify", "systemd-analyze security"],
  quadlet: ["quadlet --dryrun"],
  nftables: ["nft -c"],
  squid: ["squid -k parse"],
  caddyfile: ["caddy validate"],
  "launchd-plist": ["plistlib"],
};

/** Of each kind of file, how many mutants of a sample the foreign programs kill, and how many our own readers do. */
async function foreignKills(bin: string): Promise<readonly string[]> {
  const counts = new Map<string, { total: number; foreign: number; own: number }>();
  const seen = new Set<string>();
  for (const { text } of [...plainSpecs, ...richSpecs]) {
    const files = filesOf(text);
    const mutants = files.filter(({ kind }) => Object.hasOwn(judgesOf, kind)).flatMap(mutantsOf);
    const chosen = mutants.filter(({ id }, at) => at % sampled === 0 && !seen.has(id));
    for (const { id, file } of chosen) {
      seen.add(id);
      const changed = files.map((one) => (one.path === file.path ? file : one));
      const verdicts = await judgeForeign(changed, {
        folders: [bin],
        only: judgesOf[file.kind] ?? [],
      });
      const count = counts.get(file.kind) ?? { total: 0, foreign: 0, own: 0 };
      counts.set(file.kind, {
        total: count.total + 1,
        foreign: count.foreign + Number(verdicts.some(({ status }) => status === "failed")),
        own: count.own + Number(isSeenByUs(changed)),
      });
    }
  }
  return [...counts].map(
    ([kind, { total, foreign, own }]) =>
      `mutants of ${kind}: ${total} sampled, ${foreign} killed by ${judgesOf[kind]?.join(" or ") ?? ""}, ${own} by our own readers`,
  );
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

function page(rows: readonly Row[], kills: readonly string[]): string {
  const cell = (text: string): string => text.replaceAll("|", String.raw`\|`);
  const said = ({ judge, version, status, codes }: Verdict): string =>
    `${judge}${version === undefined ? "" : ` ${version}`}: ${status}${codes.length === 0 ? "" : ` (${codes.join(", ")})`}`;
  return [
    "# What judges say of deployments",
    "",
    "Written by `npm run test:real -- judges`. Programs that we did not write, and our own readers of the same files, over what",
    "each profile renders, over fixtures with mistakes of real deployments, and over what guides show. A judge that reads no",
    "file of a deployment is left out. `passed` with a code in brackets: named, and not against it.",
    "",
    "| | deployment | verdicts |",
    "| --- | --- | --- |",
    ...rows.map(
      ({ kind, name, verdicts }) =>
        `| ${kind} | ${cell(name)} | ${cell(
          verdicts
            .filter(({ status }) => status !== "not-applicable")
            .map(said)
            .join("; "),
        )} |`,
    ),
    "",
    "## Mutants",
    "",
    "A line or key of a rendered file is removed or weakened. In `npm test` our own readers kill every one, but those of a",
    "committed list with a reason each (`equivalent-mutants.cases.ts`). The foreign programs are asked about every twelfth, KICS",
    "about none:",
    "",
    ...kills.map((line) => `- ${line}`),
    "",
  ].join("\n");
}
