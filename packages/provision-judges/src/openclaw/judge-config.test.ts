import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, expect, test } from "vitest";

import { allPassed } from "../verdict.ts";
import type { Verdict } from "../verdict.ts";
import { judgeConfig } from "./judge-config.ts";

/** An OpenClaw that answers what the configuration asks it to. */
const fake = `
import { readFileSync } from "node:fs";
const config = JSON.parse(readFileSync(process.env.OPENCLAW_CONFIG_PATH, "utf8"));
const [one] = process.argv.slice(2);
const answers = { config: config.validation, security: config.audit, secrets: config.kept ?? { findings: [] }, doctor: config.lint ?? { findings: [] } };
process.stdout.write(JSON.stringify(answers[one]) ?? "nothing");
`;
const folder = mkdtempSync(path.join(tmpdir(), "claw-judges-"));
mkdirSync(path.join(folder, "node_modules/openclaw"), { recursive: true });
writeFileSync(path.join(folder, "node_modules/openclaw/openclaw.mjs"), fake);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const finding = (checkId: string, severity: string): unknown => ({ checkId, severity, title: "t" });

async function judged(
  validation: unknown,
  audit: unknown,
  expected?: readonly string[],
): Promise<readonly Verdict[]> {
  return judgeConfig(
    { validation, audit },
    { node: process.execPath, folder },
    { file: "openclaw.json", ...(expected === undefined ? {} : { expected }) },
  );
}

const valid = { valid: true, path: "x", warnings: [] };

test("S2: what is invalid is a no, with every issue, and is not audited", async () => {
  const issues = [
    { path: "gateway.auth", message: "expected object" },
    { path: "agentDefaults", message: "unknown" },
  ];
  const verdicts = await judged({ valid: false, issues }, undefined);
  expect(verdicts).toMatchObject([
    { status: "failed", codes: ["agentDefaults", "gateway.auth"], findings: [{}, {}] },
  ]);
});

test("a warning of the validator is a no: the setting would be ignored", async () => {
  const warnings = [{ path: "tools.web", message: "plugin is missing" }];
  expect(await judged({ valid: true, warnings }, undefined)).toMatchObject([
    { status: "failed", findings: [{ code: "JUDGE_WARNING" }] },
  ]);
});

test("exactly what is expected of a rendered file passes", async () => {
  const verdicts = await judged(valid, { findings: [finding("a", "warn"), finding("b", "info")] }, [
    "warn a",
    "info b",
  ]);
  expect(allPassed(verdicts)).toBe(true);
  expect(verdicts.map(({ judge }) => judge)).toEqual([
    "openclaw config validate",
    "openclaw security audit",
    "openclaw secrets audit",
    "openclaw doctor --lint",
  ]);
});

test.each([
  ["one more", [finding("a", "warn"), finding("c", "info")], "JUDGE_AUDIT"],
  ["one less", [], "JUDGE_AUDIT_MISSING"],
  ["one that is critical now", [finding("a", "critical")], "JUDGE_AUDIT"],
])("%s than expected is a no", async (_, findings, code) => {
  const [, audit] = await judged(valid, { findings }, ["warn a"]);
  expect(audit?.status).toBe("failed");
  expect(audit?.findings[0]).toMatchObject({ code, severity: "error" });
});

test("of what others wrote, only critical findings are a no", async () => {
  const findings = [finding("w", "warn"), finding("i", "info")];
  const [, mild] = await judged(valid, { findings });
  expect(mild).toMatchObject({
    status: "passed",
    codes: ["warn w"],
    findings: [{ severity: "warning" }],
  });
  const [, bad] = await judged(valid, { findings: [finding("c", "critical")] });
  expect(bad).toMatchObject({ status: "failed", findings: [{ severity: "error" }] });
});

test("the audit is left out where only the keys are asked about", async () => {
  const judging = { file: "x", audited: false };
  const verdicts = await judgeConfig(
    { validation: valid },
    { node: process.execPath, folder },
    judging,
  );
  expect(verdicts).toMatchObject([{ judge: "openclaw config validate", status: "passed" }]);
});

test("an answer that is no JSON is a no, never a pass", async () => {
  expect(await judged(undefined, undefined)).toMatchObject([
    { status: "failed", findings: [{ code: "JUDGE_UNREADABLE" }] },
  ]);
});

test("a program that is missing is not judged", async () => {
  const nowhere = { node: process.execPath, folder: path.join(folder, "nowhere") };
  const verdicts = await judgeConfig({}, nowhere, { file: "x" });
  expect(verdicts.map(({ status }) => status)).toEqual(
    Array.from({ length: 4 }, () => "not-judged"),
  );
  expect(allPassed(verdicts)).toBe(false);
  const missing = await judgeConfig({}, undefined, { file: "x" });
  expect(new Set(missing.map(({ status }) => status))).toEqual(new Set(["not-judged"]));
});

test("what the doctor and the audit of secrets find is a no, but what the doctor is expected to say", async () => {
  const lint = {
    findings: [{ checkId: "a", requirement: "r", severity: "warning", message: "m" }],
  };
  const kept = { findings: [{ code: "PLAINTEXT", path: "x.key" }] };
  const program = { node: process.execPath, folder };
  const ask = (expectedLint: readonly string[]): Promise<readonly Verdict[]> =>
    judgeConfig({ validation: valid, audit: { findings: [] }, lint, kept }, program, {
      file: "x",
      expected: [],
      expectedLint,
    });
  expect(await ask(["warning r"])).toMatchObject([
    { status: "passed" },
    { status: "passed" },
    { status: "failed", findings: [{ message: "PLAINTEXT x.key" }] },
    { status: "passed" },
  ]);
  const [, , , other] = await ask(["warning s"]);
  expect(other?.findings.map(({ code }) => code)).toEqual(["JUDGE_LINT", "JUDGE_LINT_MISSING"]);
});
