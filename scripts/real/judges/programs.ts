import { writeFileSync } from "node:fs";
import path from "node:path";

import type { OpenClawProgram } from "../../../packages/openclaw-contract/src/index.ts";
import {
  judgeConsistency,
  judgeContainers,
  judgeForeign,
  judgeHardening,
} from "../../../packages/provision-judges/src/index.ts";
import type { JudgedFile, Verdict } from "../../../packages/provision-judges/src/index.ts";
import { parseSpec, renderDeployment } from "../../../packages/provision-plan/src/index.ts";
import { plainSpecs, richSpecs } from "../../../packages/provision-plan/src/spec/specs.cases.ts";
import { guideFiles } from "./guide-files.ts";
import { mistakes } from "./mistakes.cases.ts";
import { killMutants } from "./mutants.ts";

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };

interface Row {
  readonly kind: "rendered" | "mistake" | "guide";
  readonly name: string;
  readonly verdicts: readonly Verdict[];
}

/**
 * All programs over all that is rendered, over our fixtures of mistakes, and over what guides show; then what they and
 * our own readers see of mutants. Writes `docs/judges.md`
 * where guides lie beside the clone.
 * @returns what went wrong, in words; nothing when all passed
 */
export async function judgePrograms(
  root: string,
  bin: string,
  program: OpenClawProgram,
): Promise<readonly string[]> {
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
  const { lines, survivors } = await killMutants(bin, program);
  for (const line of lines) process.stdout.write(`mutants of ${line}\n`);
  wrong.push(...survivors.map((id) => `nobody saw the mutant ${id}`));
  // Without guides the page would lose their rows.
  if (guides.length > 0) writeFileSync(path.join(root, "docs/judges.md"), page(rows, lines));
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
    "committed list with a reason each (`equivalent-mutants.cases.ts`). Programs that we did not write are asked about every one of",
    "small files and every so many of large ones: most of them judge whether a file can be read, few whether it is closed.",
    "",
    ...kills.map((line) => `- ${line}`),
    "",
  ].join("\n");
}
