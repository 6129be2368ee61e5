import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { gather } from "../../test/gather.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { walkFolder } from "./walk-folder.ts";

describe("a .ragignore", () => {
  test("keeps out what it names, in its folder and below, and an inner one says more", async () => {
    const folder = temporaryFolder({
      ".ragignore": "drafts/\n*.tmp.md\n/top.md\n",
      "a.md": "1",
      "top.md": "2",
      "x.tmp.md": "3",
      "drafts/d.md": "4",
      "sub/top.md": "5",
      "sub/.ragignore": "!keep.tmp.md\nown.md\n",
      "sub/keep.tmp.md": "6",
      "sub/other.tmp.md": "7",
      "sub/own.md": "8",
    });
    const { paths, findings } = await gather(walkFolder(folder));
    expect(paths).toEqual(["a.md", "sub/keep.tmp.md", "sub/top.md"]);
    expect(findings).toEqual([]);
  });

  test("counts more than any .gitignore, so that `!` brings back what git leaves out", async () => {
    const folder = temporaryFolder({
      ".gitignore": "notes/\n*.log\ngenerated/**\n",
      ".ragignore": "!notes/\n!/generated/**\npublic.md\n",
      "notes/a.md": "1",
      "notes/b.log": "2",
      "notes/deep/c.md": "3",
      "generated/api.md": "4",
      "sub/.gitignore": "!public.md\n",
      "sub/public.md": "5",
      "public.md": "6",
    });
    const { paths } = await gather(walkFolder(folder));
    expect(paths).toEqual(["generated/api.md", "notes/a.md", "notes/deep/c.md"]);
  });

  test("does not open a folder that stays ignored, whatever it says about things inside", async () => {
    const folder = temporaryFolder({
      ".gitignore": "build/\n",
      ".ragignore": "!build/keep.md\n",
      "build/keep.md": "1",
      "build/.ragignore": "!*\n",
      "a.md": "2",
    });
    expect((await gather(walkFolder(folder))).paths).toEqual(["a.md"]);
  });

  test("lifts nothing of what is never read: secrets, hidden names, node_modules", async () => {
    const folder = temporaryFolder({
      ".ragignore": "!.*\n!**\n!.env\n!*.pem\n!.ssh/\n!node_modules/\n!id_rsa\n",
      ".env": "AWS=1",
      ".hidden.md": "h",
      ".ssh/notes.md": "n",
      "key.pem": "p",
      id_rsa: "x",
      "node_modules/a/README.md": "m",
      "a.md": "a",
    });
    const { paths, findings } = await gather(walkFolder(folder));
    expect(paths).toEqual(["a.md"]);
    expect(findings).toContain("DOCUMENT_SECRET_NAME key.pem");
  });

  test("that is a link, not text or able to hang the walk is a finding", async () => {
    const folder = temporaryFolder({
      "bad/.ragignore": Buffer.from([0x2a, 0xff]),
      "deep/.ragignore": "**/a/**/b/**/c/**/d\nx.md\n",
      "deep/x.md": "x",
      "outside.txt": "*.md",
      "link/a.md": "a",
    });
    symlinkSync(path.join(folder, "outside.txt"), path.join(folder, "link/.ragignore"));
    const { paths, findings } = await gather(walkFolder(folder));
    expect(findings).toEqual([
      "DOCUMENT_IGNORE_FILE bad/.ragignore",
      "DOCUMENT_IGNORE_FILE deep/.ragignore",
      "DOCUMENT_IGNORE_FILE link/.ragignore",
    ]);
    expect(paths).toEqual(["link/a.md", "outside.txt"]);
  });
});

describe("rules of any kind", () => {
  const name = fc.constantFrom("a", "b", "c.md", "d!", "[e]", "f g");
  const pattern = fc
    .tuple(
      fc.constantFrom("", "!"),
      fc.constantFrom("", "/", "**/"),
      fc.array(fc.oneof(name.map(escaped), fc.constantFrom("*", "?", "*.md", "**")), {
        minLength: 1,
        maxLength: 2,
      }),
      fc.constantFrom("", "/"),
    )
    .map(([not, start, names, end]) => `${not}${start}${names.join("/")}${end}`);
  const ruleFile = fc.array(pattern, { maxLength: 4 }).map((lines) => lines.join("\n"));
  const place = fc.array(name, { minLength: 1, maxLength: 4 });
  const tree = fc.record({
    files: fc.array(place, { minLength: 1, maxLength: 12 }),
    rules: fc.array(fc.tuple(fc.array(name, { maxLength: 2 }), ruleFile), { maxLength: 3 }),
  });

  test("mean in a .ragignore what git means by them", { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    execFileSync("git", ["init", "-q", folder]);
    await fc.assert(
      fc.asyncProperty(tree, async ({ files, rules }) => {
        const work = path.join(folder, "work");
        rmSync(work, { recursive: true, force: true });
        mkdirSync(work);
        files.forEach((parts) => put(path.join(work, ...parts, "x.md"), "text"));
        rules.forEach(([parts, text]) => put(path.join(work, ...parts, ".ragignore"), text));
        const listed = execFileSync(
          "git",
          ["ls-files", "-z", "--others", "--exclude-per-directory=.ragignore"],
          { cwd: work, encoding: "utf8" },
        );
        const wanted = listed.split("\0").filter((file) => file.endsWith("/x.md"));
        const { paths } = await gather(walkFolder(work));
        expect(paths).toEqual(wanted.sort(byBytes));
      }),
      { numRuns: 60 },
    );
  });

  test("mean the same in a .gitignore, where no .ragignore speaks", async () => {
    await fc.assert(
      fc.asyncProperty(tree, async ({ files, rules }) => {
        const walked = async (own: string): Promise<readonly string[]> => {
          const folder = temporaryFolder();
          files.forEach((parts) => put(path.join(folder, ...parts, "x.md"), "text"));
          rules.forEach(([parts, text]) => put(path.join(folder, ...parts, own), text));
          return (await gather(walkFolder(folder))).paths;
        };
        expect(await walked(".gitignore")).toEqual(await walked(".ragignore"));
      }),
      { numRuns: 30 },
    );
  });
});

function escaped(name: string): string {
  return name.replace(/[!?*[\]]/gu, String.raw`\$&`);
}

function put(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
