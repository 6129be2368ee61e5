import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseContract, readSkill, readStrictYaml } from "@clawkeep/skill-format";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { writeBlockYaml } from "../write/block-yaml.ts";
import { migrateSkill, planMigration } from "./migrate-skill.ts";

const head = "---\nname: local-rag\ndescription: Run a local RAG.\n";
const cmd = 'python rag.py --query "{{query}}" --topk 5';
const rest = `cmd: ${cmd}\ntimeoutSec: 600\ndescription: Deterministic RAG run.\n`;
const own = rest.replaceAll(/^(?=.)/gmu, "  ");
const article = `${head}exec:\n${own}---\n\n# Local RAG\n`;
const line = (command: string): string =>
  `${head}${writeBlockYaml({ exec: { cmd: command } })}---\nWords.\n`;

function skill(text: string, files: Readonly<Record<string, string>> = { "rag.py": "" }): string {
  const folder = join(mkdtempSync(join(tmpdir(), "clawkeep-migrate-")), "local-rag");
  mkdirSync(folder);
  writeFileSync(join(folder, "SKILL.md"), text);
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
  return folder;
}

const files = new Map(
  ["rag.py", "tool", "run.sh", "a.mjs"].map((path) => [path, Buffer.from("")] as const),
);

function contractOf(text: string, numbers = false): Record<string, unknown> {
  const plan = planMigration(text, "local-rag", files, { numbers });
  if ("findings" in plan) throw new Error(JSON.stringify(plan.findings));
  const { value } = readStrictYaml(plan.contractText, { file: "exec.yaml" });
  const { program, actions } = value as {
    program: unknown;
    actions: { run: Record<string, unknown> };
  };
  const { argv, arguments: declared, timeoutMs } = actions.run;
  return { program, argv, arguments: declared, timeoutMs };
}

const text = { type: "string", minBytes: 1, maxBytes: 8192, notOption: true };
const rag = {
  program: { file: "rag.py", interpreter: "python3" },
  argv: ["--query", "{{query}}", "--topk", "5"],
  arguments: { query: text },
  timeoutMs: 600_000,
};

describe("exec is found", () => {
  test.each([
    ["in the front matter", article],
    ["with its indentation lost", `${head}exec:\ncmd: ${cmd}\ntimeoutSec: 600\n---\n`],
    ["in CRLF", article.replaceAll("\n", "\r\n")],
    ["before other keys", `---\nexec:\n${own}name: local-rag\ndescription: x\nlicense: MIT\n---\n`],
    ["in a fenced block", `${head}---\n\n\`\`\`yaml\nexec:\n${own}\`\`\`\nMore.\n`],
    ["in a block of tildes", `${head}---\n\n~~~~\nexec:\n${own}~~~~\nMore.\n`],
    ["in a whole example", `${head}---\n\n\`\`\`yaml\n${head}exec:\n${own}---\n\`\`\`\n`],
    [
      "in an indented block",
      `${head}---\n\n${`exec:\n${own}`.replaceAll(/^(?=.)/gmu, "    ")}\nMore.\n`,
    ],
    ["in a paragraph", `${head}---\n\nexec:\n${own}\nMore.\n`],
    ["in a flat paragraph", `${head}---\n\nexec:\n${rest}\nMore.\n`],
  ])("%s", (_, written) => {
    expect(contractOf(written)).toEqual(rag);
    const plan = planMigration(written, "local-rag", files);
    const skillText = "skillText" in plan ? plan.skillText : "";
    expect(skillText).not.toMatch(/exec:|timeoutSec/u);
    expect(skillText).toContain("### Action `run`");
    expect(skillText).toContain("clawkeep-contract");
  });

  test.each([
    ["nothing", `${head}---\n`, "MIGRATE_NOTHING"],
    ["two", `${article}\n\`\`\`\nexec:\n${own}\`\`\`\n`, "MIGRATE_SEVERAL"],
    ["no front matter", "exec:\n  cmd: a\n", "SKILL_FRONT_MATTER_MISSING"],
    ["another key", `${head}version: 1\nexec:\n${own}---\n`, "SKILL_UNKNOWN_KEY"],
    ["an anchor", `${head}exec: &a\n${own}---\n`, "YAML_ANCHOR"],
    [
      "flow style around it",
      `---\n{name: a, description: b, exec: {cmd: ls}}\n---\n`,
      "MIGRATE_FRONT_MATTER",
    ],
  ])("and %s is refused", (_, written, code) => {
    const plan = planMigration(written, "local-rag", files);
    expect("findings" in plan ? plan.findings.map((finding) => finding.code) : []).toContain(code);
  });
});

describe("a command", () => {
  const python = { file: "rag.py", interpreter: "python3" };
  const topk = { type: "integer", minimum: 0, maximum: 1000, default: 5 };
  test.each([
    ["python3 rag.py {{query}}", python, ["{{query}}"], { query: text }],
    ["python rag.py '{{ query }}'", python, ["{{query}}"], { query: text }],
    ["python rag.py --query={{query}}", python, ["--query", "{{query}}"], { query: text }],
    ["/usr/bin/python3.12 ./rag.py", python, [], undefined],
    ["python {baseDir}/rag.py", python, [], undefined],
    ["node a.mjs", { file: "a.mjs", interpreter: "node" }, [], undefined],
    ["bash run.sh", { file: "run.sh", interpreter: "sh" }, [], undefined],
    ["./tool x", { file: "tool", interpreter: "none" }, ["x"], undefined],
    [
      "grep -m {{count}} -- {{query}}",
      { system: "grep" },
      ["-m", "{{count}}", "--", "{{query}}"],
      {
        count: { type: "integer", minimum: 0, maximum: 1000 },
        query: { type: "string", minBytes: 1, maxBytes: 8192 },
      },
    ],
    ["seq 'a|b' {{a}} {{a}}", { system: "seq" }, ["a|b", "{{a}}", "{{a}}"], { a: text }],
  ])("%s is mapped", (command, program, argv, declared) => {
    const expected = { program, argv, arguments: declared, timeoutMs: 30_000 };
    expect(contractOf(line(command))).toEqual(expected);
  });

  test("is a list as well", () => {
    const exec = { cmd: ["python", "rag.py", "--query", "{{query}}", "--topk", 5] };
    const written = `${head}${writeBlockYaml({ exec })}---\n`;
    expect(contractOf(written)).toEqual({ ...rag, timeoutMs: 30_000 });
  });

  test.each(["--topk 5", "--topk=5"])("has its number %s opened when asked to", (number) => {
    const opened = contractOf(line(`python rag.py ${number} {{query}}`), true);
    expect(opened["argv"]).toEqual(["--topk", "{{topk}}", "{{query}}"]);
    expect(opened["arguments"]).toEqual({ topk, query: text });
  });

  test.each([
    ["--topk 05", ["--topk", "05"]],
    ["--ratio 0.5", ["--ratio", "0.5"]],
    ["-- 5", ["--", "5"]],
    ["--query 5 {{query}}", ["--query", "5", "{{query}}"]],
  ])("keeps %s fixed even then", (words, argv) => {
    expect(contractOf(line(`python rag.py ${words}`), true)["argv"]).toEqual(argv);
  });

  test.each([
    ["a | b", "COMMAND_SHELL"],
    ["a; b", "COMMAND_SHELL"],
    ["a && b", "COMMAND_SHELL"],
    ["a $HOME", "COMMAND_SHELL"],
    ['a "$(b)"', "COMMAND_SHELL"],
    ["a `b`", "COMMAND_SHELL"],
    ["a > b", "COMMAND_SHELL"],
    ["a 2>&1", "COMMAND_SHELL"],
    ["a\nb", "COMMAND_SHELL"],
    ["a {query}", "COMMAND_SHELL"],
    ["a 'b", "COMMAND_QUOTE"],
    ["a x{{query}}", "MIGRATE_PARTIAL"],
    ["a {{a}}{{b}}", "MIGRATE_PARTIAL"],
    ["a 'find {{a}}'", "MIGRATE_PARTIAL"],
    ["a {{root.x}}", "MIGRATE_PLACEHOLDER"],
    ["a '{{__proto__}}'", "MIGRATE_PLACEHOLDER"],
    ["{{a}} b", "MIGRATE_PROGRAM"],
    ["A=b c", "MIGRATE_PROGRAM"],
    ["/opt/x", "MIGRATE_PROGRAM"],
    ["python -c 'x'", "MIGRATE_PROGRAM_FILE"],
    ["sh -c ls", "MIGRATE_PROGRAM_FILE"],
    ["python {{file}}", "MIGRATE_PROGRAM_FILE"],
    ["python ../x.py", "CONTRACT_PROGRAM_FILE"],
    ["python missing.py", "CONTRACT_PROGRAM_FILE"],
    ["env a", "MIGRATE_RUNNER"],
    ["npx a", "MIGRATE_RUNNER"],
    ["", "MIGRATE_PROGRAM"],
  ])("%j is refused", (command, code) => {
    const plan = planMigration(line(command), "local-rag", files);
    expect("findings" in plan ? plan.findings.map((finding) => finding.code) : []).toContain(code);
  });

  test.each(["|", ";", "&&", ">", "2>&1", "$HOME", "$(a)", "`a`"])(
    "a list with %s is refused too",
    (word) => {
      const written = `${head}${writeBlockYaml({ exec: { cmd: ["a", word, "b"] } })}---\n`;
      const plan = planMigration(written, "local-rag", files);
      expect("findings" in plan ? plan.findings[0]?.code : "").toBe("COMMAND_SHELL");
    },
  );

  test("of any words is written so that it reads back, or refused", () => {
    const word = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.constantFrom("--", "{{a}}", "{{count}}", "--x={{a}}", "-n", "7", "---", "yes", "a: b"),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), fc.boolean(), (words, numbers) => {
        const written = `${head}${writeBlockYaml({ exec: { cmd: ["seq", ...words] } })}---\n`;
        const plan = planMigration(written, "local-rag", files, { numbers });
        if ("findings" in plan) {
          expect(plan.findings.length).toBeGreaterThan(0);
          return;
        }
        const { contract } = parseContract(Buffer.from(plan.contractText), "exec.yaml", files);
        const argv = contract?.actions["run"]?.argv ?? [];
        const literals = argv.flatMap((one) => (one.kind === "literal" ? [one.text] : []));
        const isFixed = (one: string): boolean => !one.includes("{{");
        if (!numbers && words.every((one) => isFixed(one))) expect(literals).toEqual(words);
        const block = plan.contractText.replace("argv: []", "argv: none");
        const again = readStrictYaml(block, { file: "exec.yaml", flowStyle: false });
        expect(again.findings).toEqual([]);
      }),
    );
  });
});

describe("a skill folder", () => {
  test("is migrated, and the runtime reads it", async () => {
    const folder = skill(article);
    const done = await migrateSkill(folder);
    expect(done).toMatchObject({ ok: true, written: true, findings: [] });
    for (const about of ["query: ", "effects: ", "roots: ", "output: "]) {
      expect(done.decisions.some((decision) => decision.startsWith(about))).toBe(true);
    }
    const { skill: read, findings } = await readSkill(folder);
    expect(findings).toEqual([]);
    expect(read?.contract.actions["run"]?.description).toBe("Deterministic RAG run.");
    const again = await migrateSkill(folder);
    expect(again.findings[0]?.code).toBe("MIGRATE_NOTHING");
  });

  test("stays as it is in a dry run, which shows what would be", async () => {
    const folder = skill(article);
    const shown = await migrateSkill(folder, { dryRun: true });
    expect(shown).toMatchObject({ ok: true, written: false });
    expect(shown.difference).toContain("+contract: 1");
    expect(shown.difference).toContain(`-  cmd: ${cmd}`);
    expect(readFileSync(join(folder, "SKILL.md"), "utf8")).toBe(article);
    expect(readdirSync(folder).toSorted()).toEqual(["SKILL.md", "rag.py"]);
  });

  test("goes on where a run was ended between the two files", async () => {
    const folder = skill(article);
    await migrateSkill(folder);
    writeFileSync(join(folder, "SKILL.md"), article);
    expect(await migrateSkill(folder)).toMatchObject({ ok: true, written: true });
  });

  test("with a contract of its own is refused", async () => {
    const folder = skill(article, { "rag.py": "", "exec.yaml": "contract: 1\n" });
    const { findings } = await migrateSkill(folder);
    expect(findings[0]?.code).toBe("MIGRATE_CONTRACT_EXISTS");
    expect(readFileSync(join(folder, "exec.yaml"), "utf8")).toBe("contract: 1\n");
  });

  test("has no link followed", async () => {
    const target = join(mkdtempSync(join(tmpdir(), "clawkeep-target-")), "mine");
    const linked = skill(article);
    symlinkSync(target, join(linked, "exec.yaml"));
    const outcome = await migrateSkill(linked).catch((error: unknown) => ({ ok: error === 0 }));
    expect(outcome.ok).toBe(false);
    expect(existsSync(target)).toBe(false);
    expect(readFileSync(join(linked, "SKILL.md"), "utf8")).toBe(article);
    const second = skill(article);
    linkSync(join(second, "SKILL.md"), target);
    expect((await migrateSkill(second)).findings[0]?.code).toBe("MIGRATE_LINK");
    expect(existsSync(join(second, "exec.yaml"))).toBe(false);
  });

  test("is told what was left over", async () => {
    const written = `${head}---\n\n\`\`\`\nname: other\nexec:\n  cwd: /x\n${own}\`\`\`\n`;
    const { decisions } = await migrateSkill(skill(written));
    expect(decisions).toContain('exec.cwd: has no place of its own, was "/x"');
    expect(decisions).toContain('name: stood beside exec in its block, was "other"');
  });
});
