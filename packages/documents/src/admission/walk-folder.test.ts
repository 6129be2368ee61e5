import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  openSync,
  closeSync,
  ftruncateSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { gather } from "../../test/gather.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { walkFolder } from "./walk-folder.ts";

const isRoot = process.getuid?.() === 0;

function sparseFile(path: string, size: number): void {
  const fd = openSync(path, "w");
  ftruncateSync(fd, size);
  closeSync(fd);
}

describe("what a walk gives", () => {
  test("files come in byte order of their whole paths, with size and digest", async () => {
    const folder = temporaryFolder({
      "b.md": "b",
      "a/x.md": "x",
      "a.md": "a",
      "a-b.md": "ab",
      "B.md": "B",
      "é.md": "e",
      "z/y/w.md": "w",
    });
    const { paths, steps } = await gather(walkFolder(folder));
    expect(paths).toEqual(["B.md", "a-b.md", "a.md", "a/x.md", "b.md", "z/y/w.md", "é.md"]);
    const sorted = [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(paths).toEqual(sorted);
    expect(steps[0]).toMatchObject({
      size: 1,
      digest: "sha256:df7e70e5021544f4834bbee64a9e3789febc4be81470df629cad6ddb03320a5c",
    });
  });

  test("two walks of the same tree are the same", async () => {
    const folder = temporaryFolder({ "a.md": "1", "b/c.md": "2", "b/.env": "K=1", "empty.md": "" });
    expect(await gather(walkFolder(folder))).toEqual(await gather(walkFolder(folder)));
  });

  test("leaves hidden names, node_modules and what accept says no to, without a word", async () => {
    const folder = temporaryFolder({
      "keep.md": "k",
      "other.txt": "o",
      ".hidden.md": "h",
      ".cache/x.md": "x",
      "node_modules/p/README.md": "p",
      ".git/config": "[remote]",
    });
    const { paths, findings } = await gather(
      walkFolder(folder, { accept: (path) => path.endsWith(".md") }),
    );
    expect([paths, findings]).toEqual([["keep.md"], []]);
  });

  test("says which files tools wrote and leaves them out", async () => {
    const folder = temporaryFolder({ "package-lock.json": "{}", "app.min.js": "x", "app.js": "y" });
    const { paths, findings } = await gather(walkFolder(folder));
    expect(paths).toEqual(["app.js"]);
    expect(findings).toEqual([
      "DOCUMENT_GENERATED app.min.js",
      "DOCUMENT_GENERATED package-lock.json",
    ]);
  });

  test("closes its descriptors when the caller stops early, and stops on a signal", async () => {
    const folder = temporaryFolder({ "a/b/c.md": "1", "a/b/d.md": "2" });
    const before = openDescriptors();
    for await (const step of walkFolder(folder)) {
      expect(step.kind).toBe("file");
      break;
    }
    expect(openDescriptors()).toBe(before);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(gather(walkFolder(folder, { signal }))).rejects.toThrow("enough");
    expect(openDescriptors()).toBe(before);
  });

  test("a root that is missing, a file, or a folder of keys is an error", async () => {
    const folder = temporaryFolder({ "a.md": "a", ".ssh/notes.md": "n" });
    for (const root of ["missing", "a.md", ".ssh"]) {
      await expect(gather(walkFolder(join(folder, root)))).rejects.toMatchObject({
        code: "DOCUMENT_ROOT",
        hint: expect.any(String) as string,
      });
    }
  });

  test("a root that is itself a link is followed, once", async () => {
    const folder = temporaryFolder({ "real/a.md": "a" });
    symlinkSync(join(folder, "real"), join(folder, "alias"));
    expect((await gather(walkFolder(join(folder, "alias")))).paths).toEqual(["a.md"]);
  });
});

describe("what git ignores", () => {
  test("nested files decide from the inside out, and an ignored folder stays shut", async () => {
    const folder = temporaryFolder({
      ".gitignore": "*.log\nbuild/\n/only-root.md\n",
      "a.log": "1",
      "only-root.md": "1",
      "sub/only-root.md": "2",
      "sub/.gitignore": "!keep.log\nlocal.md\n",
      "sub/keep.log": "3",
      "sub/drop.log": "4",
      "sub/local.md": "5",
      "local.md": "6",
      "build/.gitignore": "!*\n",
      "build/x.md": "7",
    });
    const { paths, findings } = await gather(walkFolder(folder));
    expect(paths).toEqual(["local.md", "sub/keep.log", "sub/only-root.md"]);
    expect(findings).toEqual([]);
  });

  test("a .gitignore that is a link, not text, or able to hang the walk is a finding", async () => {
    const folder = temporaryFolder({
      "bad/.gitignore": Buffer.from([0x2a, 0xff]),
      "deep/.gitignore": "**/a/**/b/**/c/**/d\nx.md\n",
      "deep/x.md": "x",
      "outside.txt": "*.md",
      "link/a.md": "a",
    });
    symlinkSync(join(folder, "outside.txt"), join(folder, "link/.gitignore"));
    const { paths, findings } = await gather(walkFolder(folder));
    expect(findings).toEqual([
      "DOCUMENT_IGNORE_FILE bad/.gitignore",
      "DOCUMENT_IGNORE_FILE deep/.gitignore",
      "DOCUMENT_IGNORE_FILE link/.gitignore",
    ]);
    expect(paths).toEqual(["link/a.md", "outside.txt"]);
  });
});

describe("secrets", () => {
  test("are kept out by name, and no .gitignore lifts that", async () => {
    const folder = temporaryFolder({
      ".gitignore": "!.env\n!*.pem\n!.ssh/\n!.git/\n!id_rsa\n",
      ".env": "AWS=1",
      ".env.local": "AWS=1",
      "prod.env": "AWS=1",
      "server.pem": "x",
      id_rsa: "x",
      "vault.kdbx": "x",
      ".npmrc": "x",
      ".bash_history": "x",
      ".ssh/config": "x",
      ".git/config": "x",
      ".aws/credentials": "x",
      "backup/credentials.json": "{}",
      "notes.md": "fine",
    });
    const { paths, findings } = await gather(walkFolder(folder));
    expect(paths).toEqual(["notes.md"]);
    expect(findings).toEqual(
      [
        ".aws",
        ".bash_history",
        ".env",
        ".env.local",
        ".npmrc",
        ".ssh",
        "backup/credentials.json",
        "id_rsa",
        "prod.env",
        "server.pem",
        "vault.kdbx",
      ].map((path) => `DOCUMENT_SECRET_NAME ${path}`),
    );
  });

  test("are kept out by content, and the finding does not repeat them", async () => {
    const planted = "AKIA2E0A8F3B244C9986";
    const folder = temporaryFolder({ "notes.md": `# Notes\n\nkey: ${planted}\n` });
    const { paths, steps } = await gather(walkFolder(folder));
    expect(paths).toEqual([]);
    expect(steps).toMatchObject([
      { finding: { code: "DOCUMENT_SECRET_CONTENT", file: "notes.md", line: 3 } },
    ]);
    expect(JSON.stringify(steps)).not.toContain(planted);
  });
});

describe("files that are not plain text", () => {
  test("each gives one finding that says where and what, and nothing stops", async () => {
    const folder = temporaryFolder({
      "bad.md": Buffer.from([0x6f, 0x6b, 0x0a, 0x61, 0xc3, 0x28]),
      "binary.md": Buffer.from([0x61, 0x00, 0x62]),
      "empty.md": "",
      "good.md": "good",
      "utf16.txt": Buffer.from("\ufeffhello", "utf16le"),
    });
    sparseFile(join(folder, "huge.md"), 2 * 1024 ** 3);
    const { paths, steps } = await gather(walkFolder(folder));
    expect(paths).toEqual(["good.md"]);
    const findings = steps.flatMap((step) => (step.kind === "finding" ? [step.finding] : []));
    expect(findings.map(({ code, file, line }) => [code, file, line])).toEqual([
      ["DOCUMENT_NOT_UTF8", "bad.md", 2],
      ["DOCUMENT_BINARY", "binary.md", undefined],
      ["DOCUMENT_EMPTY", "empty.md", undefined],
      ["DOCUMENT_TOO_LARGE", "huge.md", undefined],
      ["DOCUMENT_NOT_UTF8", "utf16.txt", undefined],
    ]);
    expect(findings[0]?.message).toContain("byte offset 4 (0xc3)");
    expect(findings[3]?.message).toContain("2147483648");
    expect(findings[4]?.message).toContain("UTF-16");
    expect(findings.every(({ hint, message }) => hint !== undefined && message !== "")).toBe(true);
    expect(findings.every(({ severity }) => severity !== "error")).toBe(true);
  });

  test("a FIFO, a socket and a device are not opened", async () => {
    const folder = temporaryFolder({ "a.md": "a" });
    execFileSync("mkfifo", [join(folder, "pipe.md")]);
    const server = createServer().listen(join(folder, "socket.md"));
    await once(server, "listening");
    const expected = ["DOCUMENT_SPECIAL_FILE pipe.md", "DOCUMENT_SPECIAL_FILE socket.md"];
    if (isRoot && makeDevice(join(folder, "device.md"))) {
      expected.unshift("DOCUMENT_SPECIAL_FILE device.md");
    }
    const { paths, findings } = await gather(walkFolder(folder));
    server.close();
    expect([paths, findings]).toEqual([["a.md"], expected]);
  });

  test("the size limit holds for exactly its number of bytes", async () => {
    const folder = temporaryFolder({ "at.md": "x".repeat(9000), "over.md": "x".repeat(9001) });
    const { paths, findings } = await gather(walkFolder(folder, { maxFileBytes: 9000 }));
    expect([paths, findings]).toEqual([["at.md"], ["DOCUMENT_TOO_LARGE over.md"]]);
  });
});

describe("links", () => {
  test("are never followed, and the finding says where they lead", async () => {
    const outside = temporaryFolder({ "secret.md": "canary" });
    const folder = temporaryFolder({ "a.md": "a", "sub/b.md": "b" });
    symlinkSync(join(outside, "secret.md"), join(folder, "out.md"));
    symlinkSync(outside, join(folder, "out-folder"));
    symlinkSync("a.md", join(folder, "in.md"));
    symlinkSync("..", join(folder, "sub/cycle"));
    symlinkSync("nowhere", join(folder, "broken"));
    symlinkSync("self", join(folder, "self"));
    const { paths, findings } = await gather(walkFolder(folder));
    expect(paths).toEqual(["a.md", "sub/b.md"]);
    expect(findings).toEqual([
      "DOCUMENT_LINK_BROKEN broken",
      "DOCUMENT_LINK_INSIDE in.md",
      "DOCUMENT_LINK_OUTSIDE out-folder",
      "DOCUMENT_LINK_OUTSIDE out.md",
      "DOCUMENT_LINK_BROKEN self",
      "DOCUMENT_LINK_OUTSIDE sub/cycle",
    ]);
  });

  test("a hard link within the owner's files is indexed with a note", async () => {
    const folder = temporaryFolder({ "a.md": "a" });
    linkSync(join(folder, "a.md"), join(folder, "b.md"));
    const { paths, findings } = await gather(walkFolder(folder));
    expect(paths).toEqual(["a.md", "b.md"]);
    expect(findings).toEqual(["DOCUMENT_HARD_LINK a.md", "DOCUMENT_HARD_LINK b.md"]);
  });

  test.skipIf(!isRoot)("a hard link to another user's file is refused (needs root)", async () => {
    const outside = temporaryFolder({ "private.md": "canary" });
    const folder = temporaryFolder();
    chownSync(folder, 65_534, 65_534);
    linkSync(join(outside, "private.md"), join(folder, "mine.md"));
    const { paths, findings } = await gather(walkFolder(folder));
    expect([paths, findings]).toEqual([[], ["DOCUMENT_HARD_LINK_FOREIGN mine.md"]]);
  });
});

describe("the folders of a walk", () => {
  test("are told before they are listed, so that what comes later is seen or watched", async () => {
    const folder = temporaryFolder({
      "a.md": "a",
      "sub/b.md": "b",
      ".git/c.md": "c",
      "x/d.md": "d",
    });
    writeFileSync(join(folder, ".gitignore"), "x\n");
    const told: string[] = [];
    const { paths } = await gather(
      walkFolder(folder, {
        onFolder: ({ path, handle }) => {
          told.push(path);
          writeFileSync(join(handle, "late.md"), "late");
        },
      }),
    );
    expect(told).toEqual(["", "sub"]);
    expect(paths).toEqual(["a.md", "late.md", "sub/b.md", "sub/late.md"]);
  });

  test("have an identity that a rename keeps, and a folder of the same name has not", async () => {
    const folder = temporaryFolder({ "one/a.md": "a" });
    const identities = async (): Promise<ReadonlyMap<string, string>> => {
      const found = new Map<string, string>();
      await gather(
        walkFolder(folder, { onFolder: ({ path, identity }) => found.set(path, identity) }),
      );
      return found;
    };
    const first = await identities();
    renameSync(join(folder, "one"), join(folder, "two"));
    mkdirSync(join(folder, "one"));
    const second = await identities();
    expect(second.get("two")).toBe(first.get("one"));
    expect(second.get("one")).not.toBe(first.get("one"));
  });
});

describe("names and depth", () => {
  test.skipIf(process.platform === "darwin")(
    "a name that is not UTF-8 is shown escaped and not read (Darwin has no such names)",
    async () => {
      const folder = temporaryFolder({ "a.md": "a" });
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/b`), Buffer.from([0xff, 0x0a])]), "x");
      const { paths, findings } = await gather(walkFolder(folder));
      expect([paths, findings]).toEqual([["a.md"], ["DOCUMENT_NAME_NOT_UTF8 b\\xff\\x0a"]]);
    },
  );

  test("names with newlines, backslashes and escapes are read as they are", async () => {
    const folder = temporaryFolder({ "a\nb.md": "1", "a\\b.md": "2", "\u001b[31m.md": "3" });
    const { paths } = await gather(walkFolder(folder));
    expect(paths).toEqual(["\u001b[31m.md", "a\nb.md", "a\\b.md"]);
  });

  test("folders nested too deep are a finding, not an overflow", async () => {
    const folder = temporaryFolder({ "a.md": "a" });
    mkdirSync(join(folder, "d/".repeat(80)), { recursive: true });
    writeFileSync(join(folder, "d/".repeat(64), "in.md"), "in");
    writeFileSync(join(folder, "d/".repeat(65), "below.md"), "below");
    const { paths, findings } = await gather(walkFolder(folder));
    expect(paths).toEqual(["a.md", `${"d/".repeat(64)}in.md`]);
    expect(findings).toEqual([`DOCUMENT_TOO_DEEP ${"d/".repeat(65)}`]);
  });

  test.skipIf(isRoot)(
    "unreadable things are findings (as root nothing is unreadable)",
    async () => {
      const folder = temporaryFolder({ "shut.md": "x", "shut/a.md": "a", "b.md": "b" });
      chmodSync(join(folder, "shut.md"), 0);
      chmodSync(join(folder, "shut"), 0);
      const { paths, findings } = await gather(walkFolder(folder));
      chmodSync(join(folder, "shut"), 0o700);
      expect(paths).toEqual(["b.md"]);
      expect(findings).toEqual(["DOCUMENT_UNREADABLE shut.md", "DOCUMENT_UNREADABLE shut/"]);
    },
  );
});

function openDescriptors(): number {
  return readdirSync(process.platform === "darwin" ? "/dev/fd" : "/proc/self/fd").length;
}

function makeDevice(path: string): boolean {
  try {
    execFileSync("mknod", [path, "c", "1", "5"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
