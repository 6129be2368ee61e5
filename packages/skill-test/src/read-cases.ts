import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Finding } from "@clawkeep/diagnostics";
import {
  parsePointer,
  pathProblem,
  readStrictYaml,
  readText,
  shapeFindings,
} from "@clawkeep/skill-format";
import type { Skill, YamlValue } from "@clawkeep/skill-format";
import { z } from "zod";

import type { Expectation, SkillCase } from "./case.ts";

/** The cases of a skill, and everything that is wrong with their files. */
export interface CasesResult {
  readonly cases: readonly SkillCase[];
  readonly findings: readonly Finding[];
}

const caseSchema = z.strictObject({
  name: z.string().min(1).max(200),
  action: z.string().optional(),
  arguments: z.record(z.string(), z.unknown()).optional(),
  roots: z.record(z.string(), z.string().min(1)).optional(),
  expect: z.strictObject({
    exitCode: z.int().min(0).max(255).optional(),
    output: z.unknown().optional(),
    text: z.string().optional(),
    volatile: z.array(z.string()).optional(),
    refused: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/u, "expected the code of a finding, such as ARGUMENT_REFUSED")
      .optional(),
  }),
});

type WrittenCase = z.infer<typeof caseSchema>;

/**
 * Reads `cases/*.yaml` of a skill: each file is a list of
 * `{name, action?, arguments?, roots?, expect: {exitCode, output? | text?, volatile?} | {refused}}`.
 * Roots are folders relative to `cases/`. A case that is wrong is a finding and is not in the list.
 */
export async function readCases(skill: Skill): Promise<CasesResult> {
  const cases: SkillCase[] = [];
  const findings: Finding[] = [];
  for (const { path } of skill.files) {
    if (!/^cases\/[^/]+\.(?:ya?ml|json)$/u.test(path)) continue;
    const file = join(skill.folder, path);
    const { text, findings: textFindings } = readText(await readFile(file), file);
    findings.push(...textFindings);
    if (text === undefined) continue;
    const yaml = readStrictYaml(text, { file });
    findings.push(...yaml.findings);
    if (yaml.findings.length > 0) continue;
    const list: readonly unknown[] | undefined = Array.isArray(yaml.value) ? yaml.value : undefined;
    if (list === undefined) {
      findings.push(
        problem(
          "CASE_LIST",
          yaml,
          [],
          "expected a list of cases",
          "Begin each case with `- name: …`.",
        ),
      );
      continue;
    }
    for (const [index, one] of list.entries()) {
      const parsed = caseSchema.safeParse(one);
      if (!parsed.success) {
        findings.push(...shapeFindings(parsed.error, { yaml, prefix: "CASE", path: [index] }));
        continue;
      }
      const errors = judge(parsed.data, index, skill, yaml);
      findings.push(...errors);
      const action = parsed.data.action ?? skill.contract.defaultAction;
      if (errors.length > 0 || action === undefined) continue;
      cases.push({
        name: parsed.data.name,
        file,
        line: yaml.locate([index]).line,
        action,
        arguments: parsed.data.arguments ?? {},
        roots: Object.fromEntries(
          Object.entries(parsed.data.roots ?? {}).map(([name, path]) => [
            name,
            join(skill.folder, "cases", path),
          ]),
        ),
        expect: expectation(parsed.data.expect),
      });
    }
  }
  return { cases, findings };
}

function expectation(written: WrittenCase["expect"]): Expectation {
  if (written.refused !== undefined) return { kind: "refusal", code: written.refused };
  return {
    kind: "run",
    exitCode: written.exitCode ?? 0,
    hasOutput: "output" in written,
    ...("output" in written ? { output: written.output } : {}),
    ...(written.text === undefined ? {} : { text: written.text }),
    volatile: written.volatile ?? [],
  };
}

function judge(
  written: WrittenCase,
  index: number,
  skill: Skill,
  yaml: YamlValue,
): readonly Finding[] {
  const findings: Finding[] = [];
  const report = (path: readonly PropertyKey[], message: string, hint: string): void => {
    findings.push(
      problem("CASE_VALUE", yaml, [index, ...path], `${written.name}: ${message}`, hint),
    );
  };
  const { expect } = written;
  const name = written.action ?? skill.contract.defaultAction;
  const action =
    name !== undefined && Object.hasOwn(skill.contract.actions, name)
      ? skill.contract.actions[name]
      : undefined;
  if (action === undefined) {
    report(
      ["action"],
      `expected an action of the contract, got ${JSON.stringify(name ?? "nothing")}`,
      "Name one of its actions.",
    );
    return findings;
  }
  if ((expect.refused === undefined) === (expect.exitCode === undefined)) {
    report(
      ["expect"],
      "expected either exitCode or refused",
      "Say how the run ends, or why nothing is run.",
    );
  }
  if (expect.refused !== undefined && ("output" in expect || expect.text !== undefined)) {
    report(["expect"], "expected no output beside refused", "What is refused prints nothing.");
  }
  if ("output" in expect && action.output.format !== "json") {
    report(["expect", "output"], "expected text, because the action prints text", "Write `text:`.");
  }
  if (expect.text !== undefined && action.output.format !== "text") {
    report(
      ["expect", "text"],
      "expected output, because the action prints JSON",
      "Write `output:`.",
    );
  }
  for (const pointer of expect.volatile ?? []) {
    if (pointer === "" || parsePointer(pointer) === undefined) {
      report(
        ["expect", "volatile"],
        `expected a JSON pointer, got ${JSON.stringify(pointer)}`,
        "A pointer is like /results/0/score.",
      );
    }
  }
  for (const [root, path] of Object.entries(written.roots ?? {})) {
    if (!Object.hasOwn(action.roots, root)) {
      report(["roots", root], "expected a root of the action", "Declare it in the contract.");
    }
    const wrong = pathProblem(path);
    if (wrong !== undefined) report(["roots", root], wrong, "Name a folder below cases/.");
  }
  return findings;
}

function problem(
  code: string,
  yaml: YamlValue,
  path: readonly PropertyKey[],
  message: string,
  hint: string,
): Finding {
  return { code, severity: "error", message, hint, ...yaml.locate(path) };
}
