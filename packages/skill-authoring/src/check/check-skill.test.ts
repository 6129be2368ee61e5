import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { checkSkill } from "./check-skill.ts";
import { fixSkill, fixText } from "./fix-skill.ts";
import { readSkillText } from "./read-skill-text.ts";
import { targets } from "./rules.ts";
import { sarifLog } from "./sarif.ts";

const fixtures = fileURLToPath(new URL("../../../../fixtures/skills/", import.meta.url));

function skill(text: string | Uint8Array, name = "my-skill"): string {
  const folder = join(mkdtempSync(join(tmpdir(), "clawkeep-check-")), name);
  mkdirSync(folder);
  writeFileSync(join(folder, "SKILL.md"), text);
  return folder;
}
const front = (yaml: string, body = "\nDo it.\n"): string => `---\n${yaml}\n---\n${body}`;
const good = "name: my-skill\ndescription: Does it.";
const codes = async (text: string | Uint8Array, name?: string): Promise<readonly string[]> => {
  const { findings } = await checkSkill(skill(text, name), targets, { runnable: false });
  return findings.filter((f) => f.code !== "SKILL_CONTRACT_MISSING").map((f) => f.code);
};

describe("a check", () => {
  test.each(readdirSync(join(fixtures, "valid")))("finds nothing wrong with %s", async (name) => {
    const { findings, accepts, skill } = await checkSkill(join(fixtures, "valid", name), targets);
    expect(findings.filter(({ severity }) => severity !== "note")).toEqual([]);
    expect(accepts).toEqual({ spec: true, claude: true, openclaw: true, clawhub: true });
    expect(skill?.name).toBe(name);
  });

  test.each([
    ["10 MB", Buffer.alloc(10_000_000, "a"), "TEXT_TOO_LARGE"],
    ["an alias bomb", front(`${good}\na: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]`), "YAML_ANCHOR"],
    ["depth 10,000", front(`${good}\nmetadata: ${"[".repeat(10_000)}`), "YAML_TOO_DEEP"],
    [
      "depth 10,000 in block style",
      front(`${good}\nm:\n  ${"- ".repeat(10_000)}x`),
      "YAML_TOO_DEEP",
    ],
    ["---js", "---js\nprocess.exit(9)\n---\n", "SKILL_FRONT_MATTER_LANGUAGE"],
    ["a byte order mark", `\ufeff${front(good)}`, "TEXT_BYTE_ORDER_MARK"],
    ["CRLF", front(good).replaceAll("\n", "\r\n"), "TEXT_CRLF"],
    ["NUL", front(`${good}\u0000`), "TEXT_NUL"],
  ])("has one finding for %s", async (_, text, code) => {
    expect(await codes(text)).toEqual([code]);
  });

  test("reads nothing of a file that is too large", async () => {
    expect((await readSkillText(skill(Buffer.alloc(10_000_000, "a")))).bytesRead).toBe(0);
  });

  test.each([
    ["name: my-skill", ["SKILL_MISSING_DESCRIPTION"]],
    ["description: Does it.", ["SKILL_MISSING_KEY"]],
    [`${good}\nversion: 1.0.0`, ["SKILL_UNKNOWN_KEY"]],
    [`${good}\nexec:\n  cmd: rm`, ["OPENCLAW_EXEC_IGNORED", "SKILL_UNKNOWN_KEY"]],
    ["name: Other\ndescription: Does it.", ["SKILL_NAME"]],
    ["name: my-skill\ndescription: a <b>", ["SKILL_DESCRIPTION_MARKUP"]],
    [
      `name: my-skill\ndescription: ${"a".repeat(1025)}`,
      ["SKILL_DESCRIPTION_LONG", "SKILL_DESCRIPTION_SHOWN"],
    ],
    [`${good}\ncompatibility: 2001-01-01`, ["SKILL_COMPATIBILITY"]],
    [`${good}\nlicense: Apache-2.0`, ["SKILL_LICENSE"]],
    [`name: my-skill\ndescription: a---b`, ["SKILL_FRONT_MATTER_DASHES"]],
    [
      `${good}\nmetadata:\n  openclaw:\n    requires:\n      bin:\n        - x`,
      ["SKILL_METADATA_VALUE", "OPENCLAW_METADATA"],
    ],
    ["- a", ["SKILL_FRONT_MATTER_SHAPE"]],
  ])("judges %j", async (yaml, expected) => {
    expect(await codes(front(yaml))).toEqual(expected);
  });

  test("tells the targets apart", async () => {
    const folder = skill(front(`${good}\nmetadata: {a: b}`));
    const { accepts, findings } = await checkSkill(folder, targets, { runnable: false });
    expect(accepts).toEqual({ spec: false, claude: true, openclaw: true, clawhub: true });
    expect(findings[0]).toMatchObject({
      code: "YAML_FLOW_STYLE",
      targets: { spec: "error", claude: "warning" },
      source: { name: "Agent Skills specification" },
    });
  });

  test("of a linked SKILL.md follows nothing", async () => {
    const folder = join(mkdtempSync(join(tmpdir(), "clawkeep-check-")), "my-skill");
    mkdirSync(folder);
    symlinkSync("/etc/passwd", join(folder, "SKILL.md"));
    const { findings } = await checkSkill(folder, ["spec"], { runnable: false });
    expect(findings.map(({ code }) => code)).toEqual(["SKILL_FILE_LINK", "SKILL_CONTRACT_MISSING"]);
  });
});

describe("a SARIF log", () => {
  test("has a result with a place for each finding", async () => {
    const log = sarifLog([await checkSkill(skill(front("name: x")), ["spec"])]);
    expect(log).toMatchObject({
      version: "2.1.0",
      runs: [
        {
          tool: { driver: { name: "clawkeep-skill" } },
          results: [{ level: "error" }, { level: "error" }, { level: "error" }],
        },
      ],
    });
  });
});

describe("a repair", () => {
  test("makes a file valid that can be", async () => {
    const yaml = `name: other \r\ndescription: Does it.\r\nmetadata: {a: [b, "1"]}`;
    const folder = skill(`\ufeff${front(yaml)}`);
    expect((await fixSkill(folder)).fixed).toEqual([
      "TEXT_BYTE_ORDER_MARK",
      "TEXT_CRLF",
      "SKILL_TRAILING_SPACE",
      "YAML_FLOW_STYLE",
      "SKILL_NAME",
    ]);
    expect(readFileSync(join(folder, "SKILL.md"), "utf8")).toBe(
      front('name: my-skill\ndescription: Does it.\nmetadata:\n  a:\n    - b\n    - "1"'),
    );
    expect((await checkSkill(folder, ["spec"], { runnable: false })).accepts).toEqual({
      spec: true,
    });
    expect((await fixSkill(folder)).fixed).toEqual([]);
  });

  test("loses no comment and no meant space", () => {
    for (const yaml of ["name: x # why\nmetadata: {a: b}", "name: x\ndescription: |\n  a  \n  b"]) {
      expect(fixText(Buffer.from(front(yaml)), "x").text).toBe(front(yaml));
    }
  });

  test("leaves ~/.bashrc alone when SKILL.md links to it", async () => {
    const folder = join(mkdtempSync(join(tmpdir(), "clawkeep-check-")), "my-skill");
    mkdirSync(folder);
    const bashrc = join(folder, "..", ".bashrc");
    writeFileSync(bashrc, front("name: other\r\n"));
    symlinkSync(bashrc, join(folder, "SKILL.md"));
    expect((await fixSkill(folder)).fixed).toEqual([]);
    expect(readFileSync(bashrc, "utf8")).toBe(front("name: other\r\n"));
  });
});
