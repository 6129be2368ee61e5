import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { fixtures, Place } from "./command.ts";

const place = new Place(["echo-json", "say-sh", "word-count"]);

afterAll(() => place.remove());

/** Only cases: the package has its own tests of everything else. */
const plainly = ["--no-shaken", "--no-observe", "--no-arguments"];

describe("check", () => {
  test("says that valid skills are", async () => {
    const { code, stdout } = await place.run(["check"]);
    expect(code).toBe(0);
    expect(stdout).toContain("3 skills, 0 errors, 0 warnings\n");
  });

  test("says all that is wrong, with file, line and column", async () => {
    const { code, stdout } = await place.run([
      "check",
      join(fixtures, "hostile", "argument-smuggling"),
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/exec\.yaml:6:20: error CONTRACT_PLACEHOLDER: /u);
    expect(stdout).toContain("1 skill, 3 errors, 0 warnings\n");
  });

  test("prints version 1 of the JSON", async () => {
    const result = await place.json([
      "check",
      "skills/say-sh",
      join(fixtures, "invalid", "skill-name"),
    ]);
    expect(result).toMatchObject({
      version: 1,
      ok: false,
      skills: [
        { folder: "skills/say-sh", ok: true, name: "say-sh", actions: ["say"], findings: [] },
        { ok: false, findings: [{ code: "SKILL_NAME", severity: "error", line: 2, column: 7 }] },
      ],
    });
  });

  test("of hostile skills does nothing to the terminal", async () => {
    const folders = readdirSync(join(fixtures, "hostile")).map((name) =>
      join(fixtures, "hostile", name),
    );
    for (const json of [[], ["--json"]]) {
      const { code, stdout, stderr } = await place.run(["check", ...folders, ...json]);
      expect([code, stderr]).toEqual([1, ""]);
      // eslint-disable-next-line no-control-regex -- the point of the test
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
    }
  });

  test("of nothing is no success", async () => {
    const { code, stderr } = await new Place().run(["check"]);
    expect(code).toBe(2);
    expect(stderr).toContain("WORKSPACE_MISSING");
  });
});

describe("test", () => {
  test("executes all cases, each twice and in both forms", async () => {
    await place.run(["lock"]);
    const report = await place.json(["test", ...plainly]);
    expect(report).toMatchObject({
      version: 1,
      ok: true,
      counts: { skills: 3, cases: 15, failed: 0, runs: 36 },
    });
    const human = await place.run(["test", "skills/say-sh", ...plainly]);
    expect(human.code).toBe(0);
    expect(human.stdout).toMatch(
      /^ok {3}say-sh {2}3 cases, sandbox: \w+\n1 skill, 3 cases, 6 runs in [\d.]+ s: all hold\n$/u,
    );
  });

  test("shakes and attacks what is locked, and writes the report for machines", async () => {
    const junit = join(place.folder, "junit.xml");
    const { code, stdout } = await place.run([
      ...["test", "skills/say-sh", "--parallel", "2", "--junit", junit, "--github"],
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 skill, 3 cases, 6 runs, \d+ shaken, 77 hostile arguments in /mu);
    expect(readFileSync(junit, "utf8")).toMatch(
      /<testsuite name="say-sh" tests="4" failures="0" time="[\d.]+">\n<testcase classname="say-sh" name="say: /u,
    );
  });

  test("shows what golden files would become, and writes only when that was said", async () => {
    const other = new Place(["say-sh"]);
    const golden = join(other.folder, "skills", "say-sh", "cases", "golden.txt");
    writeFileSync(
      join(other.folder, "skills", "say-sh", "cases", "golden.yaml"),
      "- name: golden\n  arguments: {words: a b}\n  expect: {exitCode: 0, golden: golden.txt}\n",
    );
    const update = ["test", "skills/say-sh", ...plainly, "--update"];
    const shown = await other.run(update);
    expect([shown.code, existsSync(golden)]).toEqual([1, false]);
    expect(shown.stderr).toContain("golden.txt:1 (new)\n+a b");
    expect(shown.stderr).toContain("not written");
    expect(shown.stdout).toContain("CASE_GOLDEN_MISSING");
    expect((await other.run([...update, "--yes"])).code).toBe(0);
    expect(readFileSync(golden, "utf8")).toContain("a b");
    expect((await other.run(["test", "skills/say-sh", ...plainly])).code).toBe(0);
    other.remove();
  });

  test("keeps its records apart", async () => {
    const { executions } = await place.json(["audit", "show"]);
    expect(executions).toEqual([]);
  });

  test("catches a skill that says something else each time, and one whose forms differ", async () => {
    const other = new Place(["echo-json", "word-count"]);
    const rewrite = (skill: string, file: string, text: string): void =>
      writeFileSync(join(other.folder, "skills", skill, file), text);
    rewrite(
      "echo-json",
      "scripts/echo.mjs",
      'console.log(JSON.stringify({ from: "exit", code: process.hrtime()[1] }));\n',
    );
    rewrite(
      "echo-json",
      "cases/echo.yaml",
      "- name: any\n  action: echo\n  arguments: {text: x}\n  expect: {exitCode: 0}\n",
    );
    for (const name of ["argv", "exit"])
      rmSync(join(other.folder, "skills", "echo-json", "cases", `${name}.yaml`));
    rewrite(
      "word-count",
      "scripts/word-count.mjs",
      `import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const output = { lines: 0, words: process.argv[2] === "--resident" ? 1 : 2, bytes: 0, tookMs: 0 };
  console.log(JSON.stringify(process.argv[2] === "--resident" ? { id: JSON.parse(line).id, exitCode: 0, output } : output));
}
`,
    );
    rewrite(
      "word-count",
      "cases/count.yaml",
      "- name: any\n  arguments: {text: x}\n  expect: {exitCode: 0}\n",
    );
    await other.run(["lock"]);
    const { code, stdout } = await other.run(["test", ...plainly, "--cases-per-action", "0"]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      "CASE_NOT_DETERMINISTIC (oneshot): two runs with the same arguments differ",
    );
    expect(stdout).toContain(
      'CASE_FORMS_DIFFER: one-shot and resident differ: at "/words" expected 2, got 1',
    );
    expect(stdout).toMatch(/2 skills, 2 cases, 6 runs in [\d.]+ s: 2 cases failed\n$/u);
    other.remove();
  });

  test("of skills without cases is red", async () => {
    const other = new Place(["say-sh"]);
    rmSync(join(other.folder, "skills", "say-sh", "cases"), { recursive: true });
    const { code, stdout } = await other.run(["test"]);
    expect(code).toBe(1);
    expect(stdout).toContain("TEST_NO_CASES");
    expect(stdout).toContain("nothing ran");
    other.remove();
  });

  test("runs no hostile skill", async () => {
    const folders = readdirSync(join(fixtures, "hostile")).map((name) =>
      join(fixtures, "hostile", name),
    );
    const canary = join(place.folder, "canary");
    const report = await place.json(["test", ...folders], { env: { CANARY: canary } });
    expect(report).toMatchObject({ ok: false, counts: { runs: 0 } });
  });
});

describe("a workspace that is found", () => {
  test.skipIf(process.getuid?.() !== 0)("must not be somebody else's", async () => {
    const { chownSync } = await import("node:fs");
    const other = new Place(["say-sh"]);
    const inner = join(other.folder, "deep", "inner");
    mkdirSync(inner, { recursive: true });
    chownSync(join(other.folder, "skills"), 65_534, 65_534);
    const { code, stderr } = await other.run(["check"], { cwd: inner });
    expect(code).toBe(2);
    expect(stderr).toContain("WORKSPACE_FOREIGN");
    expect((await other.run(["check", "--workspace", other.folder], { cwd: inner })).code).toBe(0);
    other.remove();
  });
});
