import { resolve } from "node:path";

import type { TestReport } from "@clawkeep/skill-test";
import { afterEach, describe, expect, test, vi } from "vitest";

import { annotations, junitText, printTestReport } from "./test-report.ts";

const hostile = 'a, <b> & "c": 100%\u001b[31m\nnew';

const good = {
  name: "one",
  action: "say",
  file: resolve("skills/x/cases/a.yaml"),
  line: 3,
  ok: true,
  problems: [],
  runs: [],
  durationMs: 1500,
} as const;

const report: TestReport = {
  version: 1,
  ok: false,
  counts: { skills: 2, cases: 2, failed: 1, runs: 4, shaken: 0, attacks: 77 },
  skills: [
    {
      folder: resolve("skills/x"),
      name: "x",
      ok: false,
      findings: [],
      cases: [
        good,
        {
          ...good,
          name: hostile,
          ok: false,
          problems: [{ code: "CASE_OUTPUT", message: hostile }],
        },
      ],
      arguments: [
        {
          action: "say",
          argument: "text",
          ok: true,
          tried: 77,
          refused: 10,
          arrived: 67,
          run: 9,
          problems: [],
          durationMs: 2500,
        },
      ],
    },
    {
      folder: "/elsewhere/y",
      ok: false,
      findings: [
        {
          code: "SKILL_NAME",
          severity: "error",
          message: "no",
          file: "/elsewhere/y/SKILL.md",
          line: 2,
        },
        { code: "ODD", severity: "warning", message: "odd" },
      ],
      cases: [],
      arguments: [],
    },
  ],
  notShaken: { clock: "libfaketime is not installed" },
  durationMs: 4000,
};

describe("annotations", () => {
  test("name file and line, and keep hostile text on their line", () => {
    const lines = annotations(report);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^::error file=skills\/x\/cases\/a\.yaml,line=3,title=CASE_OUTPUT::a, <b> & "c": 100%25/u,
    );
    expect(lines[1]).toBe("::error file=/elsewhere/y/SKILL.md,line=2,title=SKILL_NAME::no");
    // eslint-disable-next-line no-control-regex -- the point of the test
    expect(lines.join("")).not.toMatch(/[\u0000-\u001f]/u);
  });
});

describe("JUnit", () => {
  test("counts what failed, and escapes what XML would read or cannot hold", () => {
    const text = junitText(report);
    expect(text).toContain('<testsuites tests="4" failures="2" time="4.000">');
    expect(text).toContain('<testsuite name="x" tests="3" failures="1" time="5.500">');
    expect(text).toContain('<testsuite name="/elsewhere/y" tests="1" failures="1" time="0.000">');
    expect(text).toContain(
      '<testcase classname="x" name="say: one" file="skills/x/cases/a.yaml" line="3" time="1.500"/>',
    );
    expect(text).toContain("a, &lt;b&gt; &amp; &quot;c&quot;: 100%");
    expect(text).not.toContain("\u001b");
  });
});

describe("what a person reads", () => {
  afterEach(() => void vi.restoreAllMocks());

  function printed(some: TestReport, slowest?: boolean): string {
    let text = "";
    vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
    printTestReport(some, { slowest });
    vi.restoreAllMocks();
    return text;
  }

  test("is a line a skill, what failed and where, what was not shaken, and the verdict", () => {
    const text = printed(report);
    expect(text).toMatch(/FAIL.*x {2}2 cases, 1 failed, 77 hostile arguments\n/u);
    expect(text).toMatch(/^ {5}skills\/x\/cases\/a\.yaml:3: a, <b>/mu);
    expect(text).toContain("clock: not shaken (libfaketime is not installed)\n");
    expect(text).toMatch(
      /\n2 skills, 2 cases, 4 runs, 77 hostile arguments in 4\.0 s: 1 case failed\n$/u,
    );
    expect(text).not.toContain("slow:");
  });

  test("names the slowest when it took more than a minute, or is asked to", () => {
    const slow = /slow: 2\.5 s x: arguments of say text\nslow: 1\.5 s x: one\n/u;
    expect(printed(report, true)).toMatch(slow);
    expect(printed({ ...report, durationMs: 60_001 })).toMatch(slow);
  });

  test("does not drown the verdict in what is wrong with one case", () => {
    const problems = Array.from(
      { length: 60 },
      () => ({ code: "CASE_REFUSED", message: "no" }) as const,
    );
    const skills = [
      {
        folder: "x",
        ok: false,
        findings: [],
        arguments: [],
        cases: [{ ...good, ok: false, problems }],
      },
    ];
    const text = printed({ ...report, skills });
    expect(text.split("\n")).toHaveLength(11);
    expect(text).toContain("       … and 55 more (--json shows all)\n");
  });

  test("says that nothing ran", () => {
    const counts = { skills: 1, cases: 0, failed: 0, runs: 0, shaken: 0, attacks: 0 };
    expect(printed({ ...report, counts, skills: [] })).toMatch(
      /0 cases, 0 runs in .*: nothing ran\n$/u,
    );
  });
});
