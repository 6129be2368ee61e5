import { existsSync, mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readStrictYaml } from "@clawkeep/skill-format";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { checkSkill } from "../check/check-skill.ts";
import { targets } from "../check/rules.ts";
import { parseCommandTemplate, splitCommand } from "./command-template.ts";
import { createSkill, skillFiles } from "./create-skill.ts";
import { templates } from "./templates.ts";
import type { TemplateName } from "./templates.ts";

const place = (): string => mkdtempSync(join(tmpdir(), "clawkeep-new-"));
const input = {
  name: "my-skill",
  description: "Counts: words, in a text.",
  command: "seq {{count}}",
};

describe("a new skill", () => {
  test.each(Object.keys(templates) as TemplateName[])(
    "from %s has no finding",
    async (template) => {
      const { folder, files } = await createSkill(join(place(), "skills"), template, input);
      expect(files).toContain("cases/cases.yaml");
      const { findings, accepts, skill } = await checkSkill(folder, targets);
      expect(findings).toEqual([]);
      expect(accepts).toEqual({ spec: true, claude: true, openclaw: true, clawhub: true });
      expect(skill?.license).toBe("MIT-0");
      const cases = readFileSync(join(folder, "cases/cases.yaml"), "utf8");
      const { value } = readStrictYaml(cases, { file: "cases.yaml", flowStyle: false });
      expect(value).toHaveLength(3);
    },
  );

  test("overwrites nothing and goes through no link", async () => {
    const parent = place();
    const target = place();
    symlinkSync(target, join(parent, "my-skill"));
    await expect(createSkill(parent, "node", input)).rejects.toThrow("EEXIST");
    expect(existsSync(join(target, "SKILL.md"))).toBe(false);
  });

  test.each(["", "A", "a/b", "../a", "a--b", "a".repeat(65)])("is not named %j", (name) => {
    expect(() => skillFiles("node", { ...input, name })).toThrow("expected a name");
  });
});

describe("a command", () => {
  test("is taken apart without a shell", () => {
    expect(
      parseCommandTemplate(
        `git log -n {{count}} --format='%h %s' --since "2 days" --order {{order:date|topo=date}} -- {{path}}`,
      ),
    ).toEqual({
      program: "git",
      argv: [
        "log",
        "-n",
        "{{count}}",
        "--format=%h %s",
        "--since",
        "2 days",
        "--order",
        "{{order}}",
        "--",
        "{{path}}",
      ],
      arguments: {
        count: { type: "integer", minimum: 0, maximum: 1000 },
        order: { type: "enum", values: ["date", "topo"], default: "date" },
        path: { type: "string", maxBytes: 4096 },
      },
    });
  });

  test.each([
    ["a | b", "COMMAND_SHELL"],
    ["a > b", "COMMAND_SHELL"],
    ["a $(b)", "COMMAND_SHELL"],
    ['a "$HOME"', "COMMAND_SHELL"],
    ["a; b", "COMMAND_SHELL"],
    ["a *.txt", "COMMAND_SHELL"],
    ["a 'b", "COMMAND_QUOTE"],
    ["a --x={{x}}", "COMMAND_PLACEHOLDER"],
    ["a {{x:nope}}", "COMMAND_PLACEHOLDER"],
    ["a {{x:integer=-1}}", "COMMAND_PLACEHOLDER"],
    ["a {{x:-a|b}}", "COMMAND_PLACEHOLDER"],
    ["a {{text}}", "COMMAND_FREE_TEXT"],
    ["", "COMMAND_EMPTY"],
    ["/bin/sh -c x", "COMMAND_EMPTY"],
  ])("%j is refused", (text, code) => {
    expect(() => parseCommandTemplate(text)).toThrow(expect.objectContaining({ code }));
  });

  test("has the words that were quoted", () => {
    const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: "binary" }).filter((word) => !word.includes("\\\n")),
          { maxLength: 6 },
        ),
        (words) => {
          expect(splitCommand(words.map((word) => quote(word)).join(" "))).toEqual(words);
        },
      ),
    );
  });
});
