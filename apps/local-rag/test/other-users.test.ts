import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { environment, localRag } from "./command.ts";

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const corpus = path.join(import.meta.dirname, "../../../fixtures/corpora/lighthouse");
const base = mkdtempSync(path.join(tmpdir(), "clawkeep-users-"));
chmodSync(base, 0o755);
afterAll(() => rmSync(base, { recursive: true, force: true }));

if (!isRoot) {
  process.stderr.write("other-users: not root, so these tests run as this user only\n");
}

/** The user that a test runs as: an unprivileged one where root can become it, else this one. */
const user = isRoot ? { uid: nobody } : {};

function ownFolder(...parts: readonly string[]): string {
  const folder = path.join(base, ...parts);
  mkdirSync(folder, { recursive: true });
  if (isRoot) {
    chownSync(folder, nobody, nobody);
  }
  return folder;
}

describe("an unprivileged user", () => {
  test("indexes a hostile folder with clear findings and no crash", () => {
    const home = path.join(ownFolder("hostile-state"), "home");
    const folder = ownFolder("hostile");
    const outside = path.join(base, "outside.md");
    writeFileSync(outside, "# Outside\n\nThe canary of the outside.\n");
    writeFileSync(path.join(folder, "good.md"), "# Good\n\nThe one good page.\n");
    symlinkSync(outside, path.join(folder, "link.md"));
    symlinkSync("/etc", path.join(folder, "etc"));
    writeFileSync(path.join(folder, "huge.md"), "");
    truncateSync(path.join(folder, "huge.md"), 2 ** 31);
    expect(spawnSync("mkfifo", [path.join(folder, "fifo.md")]).status).toBe(0);
    writeFileSync(path.join(folder, "latin.md"), Buffer.from([0x23, 0x20, 0xe9, 0xff, 0x0a]));
    writeFileSync(path.join(folder, "empty.md"), "");
    writeFileSync(path.join(folder, "binary.md"), Buffer.from([0x23, 0, 1, 2, 3, 0, 0, 0]));
    writeFileSync(path.join(folder, ".env"), "SECRET=canary\n");
    mkdirSync(path.join(folder, "closed"));
    writeFileSync(path.join(folder, "closed/page.md"), "# Closed\n\nNever read.\n");
    chmodSync(path.join(folder, "closed"), 0o000);
    const result = localRag(["index", folder, "--json"], { home, ...user });
    chmodSync(path.join(folder, "closed"), 0o755);
    expect(result.code).toBe(0);
    const report = JSON.parse(result.stdout) as {
      readonly documents: number;
      readonly findings: readonly { readonly code: string; readonly file?: string }[];
    };
    expect(report.documents).toBe(1);
    const codes = new Map(report.findings.map(({ code, file }) => [file, code]));
    for (const file of ["link.md", "huge.md", "fifo.md", "latin.md", "empty.md", "binary.md"]) {
      expect([file, codes.get(file)]).toEqual([file, expect.stringMatching(/^DOCUMENT_/u)]);
    }
    expect(report.findings.some(({ file }) => file?.startsWith("closed") === true)).toBe(true);
    const index = path.join(folder, ".clawkeep/index");
    expect(localRag(["query", "canary", "--index", index], { home, ...user }).stdout).not.toContain(
      "outside",
    );
    for (const name of ["catalog.sqlite", "snapshot.json"]) {
      expect(readFileSync(path.join(index, name)).includes("canary")).toBe(false);
    }
  });

  test("is told when the index folder may not be written, and the index there stays", () => {
    const home = path.join(ownFolder("denied-state"), "home");
    const folder = ownFolder("denied");
    cpSync(corpus, folder, { recursive: true });
    chmodSync(folder, 0o555);
    const result = localRag(["index", folder], { home, ...user });
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^INDEX_FOLDER: .*EACCES/u);
    chmodSync(folder, 0o755);
    expect(existsSync(path.join(folder, ".clawkeep"))).toBe(false);
  });

  test.runIf(isRoot)("answers from a shared index of somebody else, and from no other", () => {
    const mine = path.join(base, "root-state");
    const folder = path.join(base, "shared");
    cpSync(corpus, folder, { recursive: true });
    const index = path.join(folder, ".clawkeep/index");
    const home = path.join(ownFolder("reader-state"), "home");
    const indexed = localRag(["index", folder, "--json"], { home: mine });
    const { snapshotRoot } = JSON.parse(indexed.stdout) as { readonly snapshotRoot: string };
    const ask = (): ReturnType<typeof localRag> =>
      localRag(["query", "fog signal", "--json", "--index", index, "--trust-index", snapshotRoot], {
        home,
        uid: nobody,
      });
    expect(ask()).toMatchObject({ code: 2, stderr: expect.stringContaining("SNAPSHOT_READ") });
    writeFileSync(path.join(folder, "more.md"), "# More\n\nMore text.\n");
    const shared = localRag(["index", folder, "--json", "--share"], { home: mine });
    expect(shared.code).toBe(0);
    const root = (JSON.parse(shared.stdout) as { readonly snapshotRoot: string }).snapshotRoot;
    const again = localRag(
      ["query", "fog signal", "--json", "--index", index, "--trust-index", root],
      { home, uid: nobody },
    );
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toContain('"path":"fog.md"');
  });
});

const main = path.join(import.meta.dirname, "../src/main.ts");
const bubblewrap = spawnSync("bwrap", ["--version"]).status === 0;
if (!bubblewrap) {
  process.stderr.write("other-users: no bubblewrap, so no read-only mount is tried\n");
}

describe("a read-only mount", () => {
  test.runIf(bubblewrap)("answers without writing and without a network", () => {
    const home = path.join(base, "mount-state");
    const folder = path.join(base, "mounted");
    cpSync(corpus, folder, { recursive: true });
    expect(localRag(["index", folder, "--share"], { home }).code).toBe(0);
    const index = path.join(folder, ".clawkeep/index");
    const result = spawnSync(
      "bwrap",
      [
        ...["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"],
        ...["--unshare-all", "--uid", "1234", "--gid", "1234", "--die-with-parent"],
        ...[process.execPath, "--conditions=source", main, "query", "fog signal", "--json"],
        ...["--index", index, "--registry", path.join(home, "indexes")],
      ],
      { encoding: "utf8", env: { PATH: environment({ home })["PATH"] ?? "" } },
    );
    expect(result.stderr).toBe("");
    expect(result.stdout).toContain('"path":"fog.md"');
  });
});

describe("a full disk", () => {
  test.runIf(bubblewrap)("is a clear error, and the published index answers", () => {
    const home = path.join(base, "full-state");
    const folder = path.join(base, "full");
    cpSync(corpus, folder, { recursive: true });
    writeFileSync(path.join(base, "list"), "fog.md\n");
    const words = Array.from({ length: 9000 }, (_, place) => `word${place}`);
    writeFileSync(path.join(folder, "long.txt"), words.join(" "));
    const small = path.join(base, "small");
    mkdirSync(small);
    const rag = `'${process.execPath}' --conditions=source '${main}'`;
    const script = [
      `${rag} index '${folder}' --index '${small}/index' --list '${path.join(base, "list")}' >&2`,
      `${rag} index '${folder}' --index '${small}/index' >&2`,
      `echo "exit code $?"`,
      `${rag} query 'fog signal' --json --index '${small}/index'`,
    ];
    const result = spawnSync(
      "bwrap",
      [
        ...["--ro-bind", "/", "/", "--bind", base, base, "--size", "262144", "--tmpfs", small],
        ...["--dev", "/dev", "--die-with-parent", "/bin/sh", "-c", script.join("; ")],
      ],
      {
        encoding: "utf8",
        env: { ...environment({ home }), CLAWKEEP_HOME: path.join(small, "home") },
      },
    );
    expect(result.stderr).toMatch(/^indexed: 1 document,/mu);
    expect(result.stderr).toMatch(/^(?:CATALOG_WRITE|SEGMENT_WRITE|FILE_NOT_REPLACED): /mu);
    expect(result.stdout).toMatch(/^exit code 2\n/u);
    expect(result.stdout).toContain('"path":"fog.md"');
  });
});
