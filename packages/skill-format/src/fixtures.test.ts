import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Validator } from "@cfworker/json-schema";
import { describe, expect, test } from "vitest";

import { contractFileSchema, contractJsonSchema } from "./contract-schema.ts";
import { readSkill } from "./read-skill.ts";
import { readStrictYaml } from "./strict-yaml.ts";

const fixtures = fileURLToPath(new URL("../../../fixtures/skills/", import.meta.url));
const folders = (kind: string): readonly string[] => readdirSync(join(fixtures, kind)).toSorted();

describe("valid skills", () => {
  test.each(folders("valid"))("%s has no findings", async (name) => {
    const { skill, findings } = await readSkill(join(fixtures, "valid", name));
    expect(findings).toEqual([]);
    expect(skill?.name).toBe(name);
  });
});

describe("invalid skills", () => {
  // The folder's name is the code that it must give, once, and nothing else.
  test.each(folders("invalid"))("%s is found", async (name) => {
    const { skill, findings } = await readSkill(join(fixtures, "invalid", name));
    expect(findings.map((finding) => finding.code)).toEqual([
      name.toUpperCase().replaceAll("-", "_"),
    ]);
    expect(findings[0]).toMatchObject({ file: expect.any(String), hint: expect.any(String) });
    expect(skill === undefined).toBe(findings[0]?.severity === "error");
  });
});

describe("hostile skills", () => {
  test.each([
    ["alias-bomb", ["YAML_ANCHOR"]],
    ["argument-smuggling", ["CONTRACT_FREE_TEXT", "CONTRACT_PLACEHOLDER"]],
    ["environment-takeover", ["CONTRACT_ENVIRONMENT"]],
    ["front-matter-js", ["SKILL_FRONT_MATTER_LANGUAGE"]],
    ["hidden-program", ["CONTRACT_PROGRAM_FILE"]],
    ["linked-contract", ["SKILL_FILE_LINK"]],
    ["linked-folder", ["SKILL_FILE_LINK"]],
    [
      "path-escape",
      ["CONTRACT_DEFAULT", "CONTRACT_PROGRAM_FILE", "CONTRACT_ROOT", "CONTRACT_SCHEMA"],
    ],
    ["prototype-key", ["YAML_KEY"]],
    ["schema-bomb", ["CONTRACT_SCHEMA"]],
    ["schema-cycle", ["CONTRACT_SCHEMA"]],
    ["terminal-escape", ["CONTRACT_UNKNOWN_KEY"]],
  ])("%s is refused", async (name, codes) => {
    const { skill, findings } = await readSkill(join(fixtures, "hostile", name));
    expect(skill).toBeUndefined();
    expect([...new Set(findings.map((finding) => finding.code))].toSorted()).toEqual(codes);
  });

  test("are all listed here", () => {
    expect(folders("hostile")).toHaveLength(12);
  });
});

describe("the JSON Schema of the documentation", () => {
  const validator = new Validator(contractJsonSchema(), "2020-12");

  test.each(
    ["valid", "invalid", "hostile"].flatMap((kind) =>
      folders(kind).map((name) => [kind, name] as const),
    ),
  )("judges the shape of %s/%s as the reader does", (kind, name) => {
    let text: string;
    try {
      text = readFileSync(join(fixtures, kind, name, "exec.yaml"), "utf8");
    } catch {
      return;
    }
    const { value, findings } = readStrictYaml(text, { file: "exec.yaml" });
    if (findings.length > 0) return;
    const isTooMany = name === "contract-limit";
    expect(validator.validate(value).valid).toBe(
      contractFileSchema.safeParse(value).success && !isTooMany,
    );
  });
});
