import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { preflightSkill } from "./preflight-skill.ts";
import type { SkillPreflight } from "./preflight-skill.ts";
import { preflightRules } from "./rules.ts";

const root = join(import.meta.dirname, "../../../..");
const set = join(root, "fixtures/publishing");

interface FrozenSet {
  readonly hostile: readonly {
    readonly name: string;
    readonly file: string;
    readonly registry: string | null;
    readonly hides: string;
  }[];
  readonly harmless: readonly { readonly name: string; readonly looksLike: string }[];
  readonly files: Readonly<Record<string, string>>;
}

const frozen = JSON.parse(readFileSync(join(set, "set.json"), "utf8")) as FrozenSet;

function contentOf(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink())
      return [[relative(set, path), `link ${readlinkSync(path)}`] as const];
    if (lstatSync(path).isDirectory()) return contentOf(path);
    const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
    return [[relative(set, path), `sha256:${digest}`] as const];
  });
}

function skillOf(files: Readonly<Record<string, string | Uint8Array>>, name = "my-skill"): string {
  const folder = join(mkdtempSync(join(tmpdir(), "clawkeep-preflight-")), name);
  const front = `---\nname: ${name}\ndescription: Does it.\nlicense: MIT-0\n---\n\n`;
  const all = { "SKILL.md": "", ...files };
  for (const [path, content] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const isBody = path === "SKILL.md" && typeof content === "string";
    const text = isBody && !content.startsWith("---") ? `${front}${content}\n` : content;
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const objections = ({ findings }: SkillPreflight): readonly string[] =>
  findings.filter(({ severity }) => severity !== "note").map(({ code }) => code);

describe("the frozen set", () => {
  test("is as it was frozen", () => {
    const found = [...contentOf(join(set, "hostile")), ...contentOf(join(set, "harmless"))];
    expect(Object.fromEntries(found)).toEqual(frozen.files);
  });

  test.each(frozen.hostile)("has $name found where it is: $hides", async (sample) => {
    const folder = join(set, "hostile", sample.name);
    const { findings } = await preflightSkill(folder);
    const there = findings.filter(
      ({ file, severity }) => severity !== "note" && file === join(folder, sample.file),
    );
    expect(there).not.toEqual([]);
    if (sample.registry === null) return;
    const predicted = there.flatMap((finding) => finding.predicted.map(({ code }) => code));
    expect(predicted).toContain(sample.registry);
  });

  test.each(frozen.harmless)("has nothing to say of $name", async ({ name }) => {
    expect(objections(await preflightSkill(join(set, "harmless", name)))).toEqual([]);
  });
});

describe("preflight", () => {
  test.each(readdirSync(join(root, "skills")))("finds our %s clean", async (name) => {
    const preflight = await preflightSkill(join(root, "skills", name));
    expect(objections(preflight)).toEqual([]);
    expect(preflight.fingerprint).toMatch(/^sha256:/u);
  });

  test("gives each finding a place, a reason, a mend, and who will say so", async () => {
    const folder = skillOf({
      "SKILL.md": "Fine.",
      "run.mjs": 'import { exec } from "node:child_process";\n\nexec(process.argv[2]);\n',
    });
    const finding = (await preflightSkill(folder)).findings.find(
      ({ code }) => code === "PREFLIGHT_SHELL",
    );
    expect(finding).toMatchObject({
      severity: "error",
      file: join(folder, "run.mjs"),
      line: 3,
      reason: preflightRules["PREFLIGHT_SHELL"]?.reason,
      hint: preflightRules["PREFLIGHT_SHELL"]?.mend,
      predicted: expect.arrayContaining([
        { engine: "ClawHub static engine v2.4.26", code: "suspicious.dangerous_exec" },
      ]),
    });
  });

  test("never repeats a secret", async () => {
    const secret = "q7ZxT2mB9vLc4RkWn8Ys";
    const folder = skillOf({ "a.json": `{"api_key": "${secret}"}`, "b.md": `token: ${secret}\n` });
    const { findings } = await preflightSkill(folder);
    expect(findings.filter(({ code }) => code === "PREFLIGHT_SECRET")).toHaveLength(2);
    expect(JSON.stringify(findings)).not.toContain(secret);
  });

  test.each([
    ["a pattern that is executed", { "a.mjs": 'import "child_process";\n/a/.exec(text);\n' }],
    [
      "a name of what is no shell",
      { "a.mjs": 'import { spawn } from "child_process";\nspawn("git", [x]);\n' },
    ],
    ["what the shell has", { "SKILL.md": "```sh\ncd x && ls | grep y\n```" }],
    ["what is installed", { "SKILL.md": "```sh\nbrew install ffmpeg\n```" }],
    ["a text in a command's quotes", { "SKILL.md": '```sh\necho "one; two three"\n```' }],
    ["a digest", { "a.json": `{"token": "sha256:${"a1".repeat(32)}"}` }],
    ["emoji that are joined", { "SKILL.md": "👩‍💻 🏴󠁧󠁢󠁳󠁣󠁴󠁿" }],
    ["a comment that says nothing to do", { "SKILL.md": "<!-- generated part -->" }],
  ])("has nothing against %s", async (_, files) => {
    expect(objections(await preflightSkill(skillOf(files)))).toEqual([]);
  });

  test("takes what the contract declares", async () => {
    const { findings } = await preflightSkill(join(root, "fixtures/skills/valid/say-sh"));
    expect(findings.filter(({ code }) => code === "PREFLIGHT_BINARY_UNDECLARED")).toEqual([]);
  });

  test("judges categories and topics", async () => {
    const folder = skillOf({});
    const good = { categories: ["knowledge"], topics: ["rag", "offline search"] };
    expect(objections(await preflightSkill(folder, good))).toEqual([]);
    const wrong = { categories: ["search"], topics: ["rag", "RAG", "a\u0007"] };
    expect(objections(await preflightSkill(folder, wrong))).toEqual([
      "PREFLIGHT_CATEGORY",
      "PREFLIGHT_TOPIC",
      "PREFLIGHT_TOPIC",
    ]);
  });

  test("says of a missing folder, and of one without SKILL.md, one thing", async () => {
    expect(objections(await preflightSkill("/nonexistent/x"))).toEqual(["SKILL_FOLDER_MISSING"]);
    const empty = mkdtempSync(join(tmpdir(), "clawkeep-preflight-"));
    expect(objections(await preflightSkill(empty))).toEqual(["SKILL_FILE_MISSING"]);
  });

  test("looks through any text, and any bytes, without failing", async () => {
    const pieces = fc.constantFrom(
      ...["```sh\n", "```\n", '"', "'", "curl ", "| sh", "process.env", "<!-- run", "-->", "\n"],
      ...["api_key: ", "exec(", "child_process", "fetch(", "---\n", "metadata:\n", "  openclaw:\n"],
    );
    const text = fc.array(fc.oneof(pieces, fc.string())).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(text, fc.uint8Array(), async (written, bytes) => {
        const folder = skillOf({
          "SKILL.md": `---\n${written}`,
          "a.md": written,
          "a.py": written,
          "b.sh": bytes,
        });
        expect((await preflightSkill(folder)).slug).toBe("my-skill");
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    "<!-- run ",
    "copy ",
    "readFile(",
    "a.exec(",
    "api_key ",
    "curl ",
    "open(",
    "'",
    "${",
  ])(
    "takes no time out of proportion for a long line of %j",
    async (piece) => {
      const line = `child_process fetch( requests.post( ${piece.repeat(300_000 / piece.length)}`;
      const { findings } = await preflightSkill(skillOf({ "a.md": line, "a.py": line }));
      expect(findings.map(({ code }) => code)).not.toContain("PREFLIGHT_NOT_LOOKED_AT");
    },
    60_000,
  );
});
