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
import type { Action, Skill, YamlValue } from "@clawkeep/skill-format";
import { z } from "zod";

import { checkCassettes } from "./cassettes/check-cassettes.ts";
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
  files: z.record(z.string(), z.string().min(1)).optional(),
  expect: z.strictObject({
    exitCode: z.int().min(0).max(255).optional(),
    output: z.unknown().optional(),
    text: z.string().optional(),
    golden: z.string().optional(),
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
 * `{name, action?, arguments?, roots?, files?, expect: {exitCode, output? | text? | golden?, volatile?}
 * | {refused}}`. Roots, files and golden outputs are relative to `cases/`. A case that is wrong is a finding and is not in the list.
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
      const below = (path: string): string => join(skill.folder, "cases", path);
      const expect = await expectation(parsed.data.expect, below, skill.contract.actions[action]);
      if (expect.kind === "problem") {
        findings.push(
          problem(expect.code, yaml, [index, "expect", "golden"], expect.message, expect.hint),
        );
        continue;
      }
      cases.push({
        name: parsed.data.name,
        file,
        line: yaml.locate([index]).line,
        action,
        arguments: parsed.data.arguments ?? {},
        roots: Object.fromEntries(
          Object.entries(parsed.data.roots ?? {}).map(([name, path]) => [name, below(path)]),
        ),
        files: Object.fromEntries(
          Object.entries(parsed.data.files ?? {}).map(([target, path]) => [target, below(path)]),
        ),
        expect,
      });
    }
  }
  return { cases, findings: [...findings, ...checkCassettes(skill, cases)] };
}

interface GoldenProblem {
  readonly kind: "problem";
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

async function expectation(
  written: WrittenCase["expect"],
  below: (path: string) => string,
  action: Action | undefined,
): Promise<Expectation | GoldenProblem> {
  if (written.refused !== undefined) return { kind: "refusal", code: written.refused };
  if (written.golden !== undefined) {
    return goldenExpectation(written, below(written.golden), action?.output.format ?? "text");
  }
  return {
    kind: "run",
    exitCode: written.exitCode ?? 0,
    hasOutput: "output" in written,
    ...("output" in written ? { output: written.output } : {}),
    ...(written.text === undefined ? {} : { text: written.text }),
    volatile: written.volatile ?? [],
  };
}

async function goldenExpectation(
  written: WrittenCase["expect"],
  path: string,
  format: "json" | "text",
): Promise<Expectation | GoldenProblem> {
  const base = {
    kind: "run",
    exitCode: written.exitCode ?? 0,
    volatile: written.volatile ?? [],
  } as const;
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch {
    return { ...base, hasOutput: false, golden: { path, exists: false } };
  }
  const golden = { path, exists: true };
  if (format === "text") return { ...base, hasOutput: false, text: bytes.toString("utf8"), golden };
  try {
    const output: unknown = JSON.parse(bytes.toString("utf8"));
    return { ...base, hasOutput: true, output, golden };
  } catch {
    return {
      kind: "problem",
      code: "CASE_VALUE",
      message: `expected JSON in ${path}`,
      hint: "Delete the file and run `skill test --update`.",
    };
  }
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
  if (expect.golden !== undefined) {
    const wrong = pathProblem(expect.golden);
    if (wrong !== undefined) report(["expect", "golden"], wrong, "Name a file below cases/.");
    if ("output" in expect || expect.text !== undefined || expect.refused !== undefined) {
      report(["expect"], "expected golden alone", "Keep the output in one place.");
    }
  }
  for (const [target, path] of Object.entries(written.files ?? {})) {
    const wrong = pathProblem(target) ?? pathProblem(path);
    if (wrong !== undefined) {
      report(["files", target], wrong, "Name a path in the workspace: a file below cases/.");
    } else if (!skill.files.some((file) => file.path === `cases/${path}`)) {
      report(["files", target], `expected a file of the skill, got cases/${path}`, "Add the file.");
    }
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
