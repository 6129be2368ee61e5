import path from "node:path";
import process from "node:process";

import { migrateConfig, openClawVersion } from "../../../packages/openclaw-contract/src/index.ts";
import type { JsonObject } from "../../../packages/openclaw-contract/src/index.ts";
import { staleConfigs } from "../../../packages/openclaw-contract/src/migrate/stale-configs.cases.ts";
import { judgeConfig } from "../../../packages/provision-judges/src/index.ts";
import type { Verdict } from "../../../packages/provision-judges/src/index.ts";
import {
  expectedAudit,
  expectedLint,
  parseSpec,
  renderOpenClawConfig,
} from "../../../packages/provision-plan/src/index.ts";
import { plainSpecs, richSpecs } from "../../../packages/provision-plan/src/spec/specs.cases.ts";
import type { SpecCase } from "../../../packages/provision-plan/src/spec/specs.cases.ts";
import { keepRun } from "../keep-run.ts";
import { observeRow } from "../observe-row.ts";
import { installOpenclaw } from "../openclaw/install.ts";
import { guideConfigs } from "./guide-configs.ts";
import { inTurns } from "./in-turns.ts";
import { installJudges } from "./install-judges.ts";
import { judgePrograms } from "./programs.ts";

/**
 * What we render before programs that we did not write; what guides show, and what becomes of it, beside it: every file
 * before the programs that read it, and openclaw.json of every profile and of every migrated configuration before the
 * real OpenClaw. A program that cannot be installed is red. Without guides beside the clone they are not judged.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const { folder, version } = installOpenclaw(openClawVersion);
const program = { node: process.execPath, folder };

interface Row {
  readonly kind: "rendered" | "guide" | "migrated";
  readonly name: string;
  readonly valid: string;
  readonly audit: string;
  readonly ok: boolean;
}

async function rendered({ name, text }: SpecCase): Promise<Row> {
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(`${name}: ${JSON.stringify(findings)}`);
  const place = {
    home: "/home/me",
    skillsUid: 2000,
    skillProgram: "/usr/local/bin/clawkeep-skill",
  };
  const config: JsonObject = { ...renderOpenClawConfig(spec, place) };
  const expected = expectedAudit(spec);
  const verdicts = await judgeConfig(config, program, {
    file: "openclaw.json",
    expected,
    expectedLint: expectedLint(spec),
  });
  return row("rendered", name, verdicts, verdicts.length === 4 && verdicts.every(passed));
}

async function foreign(name: string, config: JsonObject): Promise<readonly Row[]> {
  const before = await judgeConfig(config, program, { file: name });
  const { config: migrated } = migrateConfig(config);
  // Migration makes a file valid, not safe: its audit is no question here.
  const after = await judgeConfig(migrated, program, { file: name, audited: false });
  const isValid = !after.some(({ findings }) =>
    findings.some(({ code }) => code === "JUDGE_INVALID" || code === "JUDGE_UNREADABLE"),
  );
  return [row("guide", name, before, true), row("migrated", name, after, isValid)];
}

const passed = ({ status }: Verdict): boolean => status === "passed";

function row(
  kind: Row["kind"],
  name: string,
  [validation, audit, ...others]: readonly Verdict[],
  ok: boolean,
): Row {
  const issues = (validation?.findings ?? []).map(({ code, message }) =>
    code === "JUDGE_INVALID" ? message : `warning: ${message}`,
  );
  const isValid = !(validation?.findings ?? []).some(
    ({ code, severity }) => severity === "error" && code !== "JUDGE_WARNING",
  );
  const shown: Row = {
    kind,
    name,
    valid: [isValid ? "valid" : "INVALID", ...issues.map((one) => one.slice(0, 160))].join("; "),
    audit: audit === undefined ? "not audited" : audit.codes.join(", ") || "nothing",
    ok,
  };
  process.stdout.write(
    `${ok ? "ok  " : "FAIL"} ${kind.padEnd(8)} ${name}\n       ${shown.valid}\n       ${shown.audit}\n`,
  );
  for (const finding of ok || kind !== "rendered"
    ? []
    : [audit, ...others].flatMap((one) => one?.findings ?? [])) {
    process.stdout.write(`       ${finding.code}: ${finding.message}\n`);
  }
  return shown;
}

function table(rows: readonly Row[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  return [
    `# openclaw.json before the real OpenClaw ${version}`,
    "",
    "Rendered files must be valid without a warning and have exactly the findings that they are expected to have. What",
    "guides show is judged as it is, and again after `claw import`, which must make it valid.",
    "",
    "| | file | `config validate` | `security audit` |",
    "| --- | --- | --- | --- |",
    ...rows.map(
      ({ kind, name, valid, audit }) =>
        `| ${kind} | ${cell(name)} | ${cell(valid)} | ${cell(audit)} |`,
    ),
    "",
  ].join("\n");
}

async function main(): Promise<number> {
  if (version !== openClawVersion) {
    process.stderr.write(`expected OpenClaw ${openClawVersion}, got ${version}\n`);
    return 1;
  }
  const wrong = await judgePrograms(root, installJudges(), program);
  for (const words of wrong) process.stdout.write(`FAIL ${words}\n`);
  const guides = guideConfigs(path.resolve(root, "../shared/seeds"));
  const jobs: (() => Promise<readonly Row[]>)[] = [
    ...[...plainSpecs, ...richSpecs].map((one) => async () => [await rendered(one)]),
    ...staleConfigs.map(
      ({ name, config }) =>
        () =>
          foreign(name, config),
    ),
    ...guides.map(
      ({ name, config }) =>
        () =>
          foreign(`guide ${name}`, config),
    ),
  ];
  const rows = (await inTurns(jobs, 4)).flat();
  const failed = rows.filter(({ ok }) => !ok);
  process.stdout.write(`${rows.length} judged, ${failed.length} failed\n`);
  const isPass = failed.length === 0 && wrong.length === 0;
  // The real validator and audit took local and hosted configurations, with the findings that were expected.
  if (isPass) for (const id of ["C14", "T7", "T14", "T18"]) observeRow(id, "judged");
  if (isPass) keepRun(root, "judges", table(rows), rows);
  return isPass ? 0 : 1;
}

process.exitCode = await main();
