import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { digestBytes } from "@clawkeep/integrity";

import { folderDigest } from "./read-folder.ts";
import { readSkill } from "./read-skill.ts";

const contract = `contract: 1
program: {file: run.sh, interpreter: sh}
actions:
  run:
    description: Run.
    argv: []
`;

let parent: string;
let folder: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "clawkeep-skill-"));
  folder = join(parent, "sample");
  mkdirSync(folder);
  write("run.sh", "#!/bin/sh\n");
  write("exec.yaml", contract);
  write("SKILL.md", skillFile());
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

function write(path: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, path), content);
}

function skillFile(front = ""): string {
  const pin = `metadata:\n  clawkeep-contract: "exec.yaml ${digestBytes(contract)}"\n`;
  return `---\nname: sample\ndescription: Runs.\n${pin}${front}---\n\n# Sample\n`;
}

async function codes(): Promise<readonly string[]> {
  return (await readSkill(folder)).findings.map((finding) => finding.code);
}

/** The one finding, and proof that it cost about as much as reading the bytes. */
async function onlyCode(): Promise<string | undefined> {
  const before = process.cpuUsage();
  const { findings } = await readSkill(folder);
  const spent = process.cpuUsage(before);
  expect(findings).toHaveLength(1);
  // CPU time, not wall time: other work on the machine does not count. Generous to slow machines.
  expect((spent.user + spent.system) / 1000).toBeLessThan(500);
  return findings[0]?.code;
}

describe("input meant to hurt gives one finding, quickly", () => {
  test("front matter in JavaScript is not evaluated", async () => {
    const canary = join(parent, "canary");
    write(
      "SKILL.md",
      `---js\n{ name: require("node:fs").writeFileSync(${JSON.stringify(canary)}, "x") }\n---\n`,
    );
    expect(await onlyCode()).toBe("SKILL_FRONT_MATTER_LANGUAGE");
    expect(existsSync(canary)).toBe(false);
  });

  test.each(["---js ", "--- js", "---coffee", "---json", "---toml", "----", "---yaml"])(
    "first line %j",
    async (line) => {
      write("SKILL.md", `${line}\nname: sample\n---\n`);
      expect(await onlyCode()).toBe("SKILL_FRONT_MATTER_LANGUAGE");
    },
  );

  test("aliases of aliases", async () => {
    const lines = Array.from(
      { length: 40 },
      (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`,
    );
    write("exec.yaml", `a0: &a0 [x]\n${lines.join("\n")}\n`);
    write("SKILL.md", skillFile().replace(digestBytes(contract), "sha256:"));
    expect(await codes()).toContain("YAML_ANCHOR");
    expect(await codes()).toHaveLength(2);
  });

  test("10 MB", async () => {
    write("SKILL.md", "---\n".repeat(2_500_000));
    expect(await onlyCode()).toBe("SKILL_FILE_TOO_LARGE");
  });

  test.each([
    ["flow lists", "a: ".concat("[".repeat(10_000))],
    ["flow mappings", "{a: ".repeat(10_000)],
    ["block lists", "- ".repeat(10_000)],
    ["explicit keys", "? ".repeat(10_000)],
    ["indentation", Array.from({ length: 600 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
  ])("depth 10,000 of %s", async (_name, text) => {
    write("SKILL.md", `---\n${text}\n---\n`);
    const found = await onlyCode();
    expect(["YAML_TOO_DEEP", "YAML_FLOW_STYLE"]).toContain(found);
  });

  test("20,000 keys", async () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: v`).join("\n");
    write("SKILL.md", skillFile("").replace("# Sample", "x"));
    write("exec.yaml", keys);
    const before = process.cpuUsage();
    const found = await codes();
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(5000);
    expect(found).toContain("CONTRACT_UNKNOWN_KEY");
  });

  test.each([
    ["a byte order mark", "\ufeff---\n", "TEXT_BYTE_ORDER_MARK"],
    ["a NUL", "---\nname: sample\0\n---\n", "TEXT_NUL"],
    ["an empty file", "", "SKILL_FRONT_MATTER_MISSING"],
  ])("%s", async (_name, text, code) => {
    write("SKILL.md", text);
    expect(await onlyCode()).toBe(code);
  });

  test("CRLF is a warning and the skill is read", async () => {
    write("SKILL.md", skillFile().replaceAll("\n", "\r\n"));
    const { skill, findings } = await readSkill(folder);
    expect(findings.map((finding) => finding.code)).toEqual(["TEXT_CRLF"]);
    expect(skill?.description).toBe("Runs.");
  });

  test("bytes that are not UTF-8", async () => {
    write("SKILL.md", Buffer.from([0x2d, 0x2d, 0x2d, 0x0a, 0xff, 0xfe]));
    expect(await onlyCode()).toBe("TEXT_NOT_UTF8");
  });
});

describe("the folder", () => {
  test("is the skill's name and is not a link", async () => {
    const link = join(parent, "link");
    symlinkSync(folder, link);
    expect((await readSkill(link)).findings.map((finding) => finding.code)).toEqual([
      "SKILL_FOLDER_LINK",
    ]);
    expect((await readSkill(join(parent, "gone"))).findings.map((finding) => finding.code)).toEqual(
      ["SKILL_FOLDER_MISSING"],
    );
  });

  test("has no links, pipes, node_modules or names that differ only in case", async () => {
    symlinkSync("/etc/passwd", join(folder, "passwd"));
    execFileSync("sh", ["-c", 'mkfifo "$0"', join(folder, "pipe")]);
    mkdirSync(join(folder, "node_modules"));
    write("README", "a");
    write("readme", "b");
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]), "x");
    expect((await codes()).toSorted()).toEqual([
      "SKILL_FILE_LINK",
      "SKILL_FILE_NAME",
      "SKILL_FILE_NAME",
      "SKILL_FILE_SPECIAL",
      "SKILL_NODE_MODULES",
    ]);
  });

  test("has limits", async () => {
    write("large.bin", Buffer.alloc(1_048_577));
    expect(await codes()).toEqual(["SKILL_FILE_TOO_LARGE"]);
    write("large.bin", "");
    for (let index = 0; index < 260; index += 1) write(`f${index}`, "x");
    expect(await codes()).toEqual(["SKILL_FILES_MANY"]);
  });

  test("may be 8 MiB in all", async () => {
    for (let index = 0; index < 9; index += 1) write(`part${index}`, Buffer.alloc(1_000_000));
    expect(await codes()).toEqual(["SKILL_FOLDER_TOO_LARGE"]);
  });

  test("keeps names that start with a dot out of the skill", async () => {
    const before = await readSkill(folder);
    write(".DS_Store", "x");
    mkdirSync(join(folder, ".git"));
    write(".git/config", "x");
    const after = await readSkill(folder);
    expect(after.skill?.folderDigest).toBe(before.skill?.folderDigest);
    expect(after.skill?.files.map((file) => file.path)).toEqual([
      "SKILL.md",
      "exec.yaml",
      "run.sh",
    ]);
  });
});

describe("the folder digest", () => {
  test("is what sha256sum and sort compute", async () => {
    mkdirSync(join(folder, "cases"));
    write("cases/a.yaml", "- {}\n");
    const script =
      'find . -type f | sed "s,^./,," | while read -r f; do printf "%s:%s\\n" "$f" "$(sha256sum <"$f" | cut -d" " -f1)"; done | LC_ALL=C sort | head -c -1 | sha256sum | cut -d" " -f1';
    const expected = execFileSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" }).trim();
    expect((await readSkill(folder)).skill?.folderDigest).toBe(`sha256:${expected}`);
  });

  test("does not depend on the order of the files", () => {
    const file = fc.record({
      path: fc.string({ minLength: 1 }),
      digest: fc.string().map((text) => digestBytes(text)),
    });
    fc.assert(
      fc.property(fc.array(file), (files) => {
        expect(folderDigest(files.toReversed())).toBe(folderDigest(files));
      }),
    );
  });
});

describe("drift", () => {
  test("names the right digest in its hint", async () => {
    write("exec.yaml", `${contract}    timeoutMs: 5\n`);
    const { findings } = await readSkill(folder);
    expect(findings.map((finding) => finding.code)).toEqual(["SKILL_CONTRACT_DRIFT"]);
    expect(findings[0]?.hint).toContain(digestBytes(`${contract}    timeoutMs: 5\n`));
  });
});
