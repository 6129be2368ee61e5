import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Execution, InvocationRequest, Refusal } from "@clawkeep/skill-runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { testSkills } from "./test-skills.ts";
import type { TestOptions } from "./test-skills.ts";

const valid = fileURLToPath(new URL("../../../fixtures/skills/valid/", import.meta.url));

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "clawkeep-skill-test-"));
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** A copy of word-count whose cases are these. */
function skill(cases: string): string {
  const folder = join(parent, "word-count");
  cpSync(join(valid, "word-count"), folder, { recursive: true });
  rmSync(join(folder, "cases"), { recursive: true });
  mkdirSync(join(folder, "cases"));
  writeFileSync(join(folder, "cases", "count.yaml"), cases);
  return folder;
}

const oneCase = `- name: two words
  arguments: {text: one two}
  expect: {exitCode: 0, output: {lines: 0, words: 2, bytes: 7}}
`;

interface Answer {
  readonly exitCode?: number;
  readonly output?: unknown;
  readonly invalid?: boolean;
  readonly terminatedBy?: "timeout";
  readonly refusal?: string;
}

const right: Answer = { output: { lines: 0, words: 2, bytes: 7, tookMs: 1 } };

function answer(request: InvocationRequest, given: Answer): Execution | Refusal {
  if (given.refusal !== undefined) {
    const finding = { code: given.refusal, severity: "error", message: "no" } as const;
    return { kind: "refusal", stage: "arguments", findings: [finding] };
  }
  const stdout = Buffer.from(`${JSON.stringify(given.output)}\n`);
  return {
    kind: "execution",
    id: "x",
    skill: request.skill,
    action: request.action ?? "",
    form: request.form ?? "oneshot",
    level: "none",
    exitCode: given.exitCode ?? 0,
    signal: null,
    ...(given.terminatedBy === undefined ? {} : { terminatedBy: given.terminatedBy }),
    meaning: "done",
    ok: true,
    output: given.invalid === true ? "invalid" : "valid",
    outputFindings: [],
    stdout,
    ...(given.output === undefined ? {} : { json: given.output }),
    stderr: Buffer.from("it said so"),
    durationMs: 1,
    provenance: {},
    notes: [],
  };
}

/** Runs the one case with a runner that gives these answers, the last one again and again. */
async function problems(cases: string, answers: readonly Answer[]): Promise<readonly string[]> {
  let call = 0;
  const report = await testSkills([skill(cases)], {
    openRunner: async () => ({
      invoke: async (request) => {
        const given = answers[Math.min(call, answers.length - 1)] ?? {};
        call += 1;
        return answer(request, given);
      },
      close: async () => {},
    }),
  });
  const found = report.skills.flatMap((one) => one.cases).flatMap((one) => one.problems);
  expect(report.ok).toBe(found.length === 0);
  return found.map(({ code, form }) => (form === undefined ? code : `${code} ${form}`));
}

const unreachable: TestOptions["openRunner"] = async () => {
  throw new Error("must not be opened");
};

describe("a case", () => {
  test("runs twice one-shot and twice resident", async () => {
    const forms: unknown[] = [];
    const report = await testSkills([skill(oneCase)], {
      openRunner: async () => ({
        invoke: async (request) => {
          forms.push(request.form);
          return answer(request, right);
        },
        close: async () => void forms.push("closed"),
      }),
    });
    expect(forms).toEqual(["oneshot", "oneshot", "resident", "resident", "closed", "closed"]);
    expect(report).toMatchObject({
      version: 1,
      ok: true,
      counts: { skills: 1, cases: 1, failed: 0, runs: 4 },
    });
  });

  test.each<[string, readonly Answer[], readonly string[]]>([
    [
      "holds when only volatile parts differ",
      [right, { output: { lines: 0, words: 2, bytes: 7, tookMs: 9 } }],
      [],
    ],
    [
      "fails with another exit code",
      [{ ...right, exitCode: 3 }],
      ["CASE_EXIT_CODE oneshot", "CASE_EXIT_CODE resident"],
    ],
    [
      "fails with other output",
      [{ output: { lines: 0, words: 3, bytes: 7 } }],
      ["CASE_OUTPUT oneshot", "CASE_OUTPUT resident"],
    ],
    [
      "fails with output that is not declared",
      [{ ...right, invalid: true }],
      ["CASE_SCHEMA oneshot", "CASE_SCHEMA resident"],
    ],
    [
      "fails when it is killed",
      [{ ...right, terminatedBy: "timeout" }],
      ["CASE_TERMINATED oneshot", "CASE_TERMINATED resident"],
    ],
    [
      "fails when it is refused",
      [{ refusal: "ARGUMENT_REFUSED" }],
      ["CASE_REFUSED oneshot", "CASE_REFUSED resident"],
    ],
  ])("%s", async (_name, answers, expected) => {
    expect(await problems(oneCase, answers)).toEqual(expected);
  });

  const anyOutput = "- name: any\n  arguments: {text: x}\n  expect: {exitCode: 0}\n";
  const other: Answer = { output: { lines: 1, words: 1, bytes: 1, tookMs: 1 } };

  test("fails when the same arguments give something else the second time", async () => {
    expect(await problems(anyOutput, [right, other, right, right])).toEqual([
      "CASE_NOT_DETERMINISTIC oneshot",
    ]);
    expect(await problems(anyOutput, [right, right, right, other])).toEqual([
      "CASE_NOT_DETERMINISTIC resident",
    ]);
  });

  test("fails when resident and one-shot give different answers", async () => {
    expect(await problems(anyOutput, [right, right, other, other])).toEqual(["CASE_FORMS_DIFFER"]);
  });

  test("may expect a refusal, by its code", async () => {
    const refused = "- name: no\n  arguments: {text: 5}\n  expect: {refused: ARGUMENT_REFUSED}\n";
    expect(await problems(refused, [{ refusal: "ARGUMENT_REFUSED" }])).toEqual([]);
    expect(await problems(refused, [{ refusal: "ARGUMENT_UNKNOWN" }])).toEqual([
      "CASE_REFUSED oneshot",
      "CASE_REFUSED resident",
    ]);
    expect(await problems(refused, [right])).toEqual([
      "CASE_NOT_REFUSED oneshot",
      "CASE_NOT_REFUSED resident",
    ]);
  });
});

describe("a report", () => {
  test("is the same however many runs go at a time, and whichever ends first", async () => {
    const cases = ["a", "b", "c", "d"].map(
      (name, index) =>
        `- name: ${name}\n  arguments: {text: ${name}}\n  expect: {exitCode: ${index % 2}}\n`,
    );
    const folder = skill(cases.join(""));
    const tested = async (parallel: number): Promise<unknown> => {
      let open = 0;
      const { durationMs, skills, ...rest } = await testSkills([folder, folder, folder], {
        parallel,
        now: () => 0,
        openRunner: async () => ({
          invoke: async (request) => {
            // Whoever comes later is answered sooner.
            open += 1;
            for (let turn = 0; turn < 50 - (open % 50); turn += 1) await Promise.resolve();
            return answer(request, right);
          },
          close: async () => {},
        }),
      });
      return { durationMs, skills, rest };
    };
    const alone = await tested(1);
    expect(alone).toMatchObject({ rest: { counts: { skills: 3, cases: 12, failed: 6 } } });
    expect(await tested(2)).toEqual(alone);
    expect(await tested(8)).toEqual(alone);
  });
});

describe("a test is red", () => {
  test("when there is nothing to test", async () => {
    expect(await testSkills([], { openRunner: unreachable })).toMatchObject({ ok: false });
  });

  test("when a skill has no cases", async () => {
    const { ok, skills } = await testSkills([skill("[]")], { openRunner: unreachable });
    expect(ok).toBe(false);
    expect(skills[0]?.findings.map((finding) => finding.code)).toEqual(["TEST_NO_CASES"]);
  });

  test("when a folder is no skill, and goes on with the others", async () => {
    const { ok, skills } = await testSkills([join(parent, "gone"), skill(oneCase)], {
      openRunner: async () => ({
        invoke: async (request) => answer(request, right),
        close: async () => {},
      }),
    });
    expect(ok).toBe(false);
    expect(skills.map((one) => one.ok)).toEqual([false, true]);
  });

  test("when the skill cannot be locked", async () => {
    const finding = { code: "PROGRAM_MISSING", severity: "error", message: "gone" } as const;
    const { ok, skills } = await testSkills([skill(oneCase)], {
      openRunner: async () => ({ findings: [finding] }),
    });
    expect(ok).toBe(false);
    expect(skills[0]?.findings).toContainEqual(finding);
  });

  test("when it is cancelled, and the runner is closed", async () => {
    const controller = new AbortController();
    let closed = 0;
    const { ok, counts } = await testSkills([skill(oneCase + oneCase)], {
      signal: controller.signal,
      openRunner: async () => ({
        invoke: async (request) => {
          controller.abort();
          return answer(request, right);
        },
        close: async () => void (closed += 1),
      }),
    });
    expect([ok, counts.cases, closed]).toEqual([false, 1, 2]);
  });
});
