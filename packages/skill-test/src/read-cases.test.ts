import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { readSkill } from "@clawkeep/skill-format";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { readCases } from "./read-cases.ts";
import type { CasesResult } from "./read-cases.ts";

const valid = fileURLToPath(new URL("../../../fixtures/skills/valid/", import.meta.url));

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "clawkeep-cases-"));
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

async function read(cases: string, name = "say-sh"): Promise<CasesResult> {
  const folder = join(parent, name);
  cpSync(join(valid, name), folder, { recursive: true });
  rmSync(join(folder, "cases"), { recursive: true });
  mkdirSync(join(folder, "cases"));
  writeFileSync(join(folder, "cases", "x.yaml"), cases);
  const { skill } = await readSkill(folder);
  if (skill === undefined) throw new Error("the fixture is not valid");
  return readCases(skill);
}

describe("case files", () => {
  test.each(["echo-json", "say-sh", "word-count"])("of %s are all read", async (name) => {
    const { skill } = await readSkill(join(valid, name));
    const { cases, findings } =
      skill === undefined ? { cases: [], findings: ["no skill"] } : await readCases(skill);
    expect(findings).toEqual([]);
    expect(cases.length).toBeGreaterThanOrEqual(3);
  });

  test("take the default action and know their line", async () => {
    const { cases } = await read(
      "# a comment\n- name: a\n  arguments: {words: x}\n  expect: {exitCode: 0, text: x}\n",
    );
    expect(cases).toMatchObject([
      { name: "a", line: 2, action: "say", expect: { kind: "run", text: "x", hasOutput: false } },
    ]);
  });

  test("tell an expected null from no expectation", async () => {
    const { cases } = await read(
      "- name: a\n  action: exit\n  arguments: {code: 0}\n  expect: {exitCode: 0, output: null}\n",
      "echo-json",
    );
    expect(cases[0]?.expect).toMatchObject({ hasOutput: true, output: null });
  });

  test.each([
    ["name: a\n", "CASE_LIST"],
    ["- name: a\n", "CASE_MISSING_KEY"],
    ["- name: a\n  expect: {}\n", "CASE_VALUE"],
    ["- name: a\n  expect: {exitCode: 0, refused: X}\n", "CASE_VALUE"],
    ["- name: a\n  expect: {exitCode: 256}\n", "CASE_VALUE"],
    ["- name: a\n  expect: {exitCode: 0, output: {}}\n", "CASE_VALUE"],
    ["- name: a\n  expect: {exitCode: 0, volatile: ['']}\n", "CASE_VALUE"],
    ["- name: a\n  action: gone\n  expect: {exitCode: 0}\n", "CASE_VALUE"],
    ["- name: a\n  roots: {gone: files}\n  expect: {exitCode: 0}\n", "CASE_VALUE"],
    ["- name: a\n  shell: true\n  expect: {exitCode: 0}\n", "CASE_UNKNOWN_KEY"],
    ["- &a name: a\n", "YAML_ANCHOR"],
    ["- name: a\0\n", "TEXT_NUL"],
  ])("%j is found wrong, with its place", async (text, code) => {
    const { cases, findings } = await read(text);
    expect(cases).toEqual([]);
    expect(findings.map((finding) => finding.code)).toEqual([code]);
    expect(findings[0]?.line).toBe(code === "CASE_UNKNOWN_KEY" ? 2 : findings[0]?.line);
  });
});
