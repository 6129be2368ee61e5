import { symlinkSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { gather } from "../../test/gather.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { readListedFiles } from "./read-listed-files.ts";

test("reads the listed files in their order, hidden, ignored and in node_modules or not", async () => {
  const folder = temporaryFolder({
    ".gitignore": "*.md",
    "b.md": "b",
    "node_modules/.pnpm/p/README.md": "p",
    ".hidden/x.md": "x",
    "not-listed.md": "n",
  });
  const list = ["node_modules/.pnpm/p/README.md", "b.md", ".hidden/x.md", "b.md"];
  const { paths, findings } = await gather(readListedFiles(folder, list));
  expect([paths, findings]).toEqual([list.slice(0, 3), []]);
});

test("refuses paths that are not below the folder", async () => {
  const folder = temporaryFolder({ "a.md": "a" });
  const list = ["/etc/passwd", "../a.md", "x/../a.md", "", "./a.md", "a.md\0", "a.md/"];
  const { paths, findings } = await gather(readListedFiles(folder, list));
  expect(paths).toEqual([]);
  expect(findings).toEqual(list.map((path) => `DOCUMENT_PATH_REFUSED ${path}`));
});

test("secrets stay out although somebody listed them", async () => {
  const folder = temporaryFolder({ ".env": "x", ".ssh/config": "x", "k/server.key": "x" });
  const list = [".env", ".ssh/config", "k/server.key"];
  const { paths, findings } = await gather(readListedFiles(folder, list));
  expect(paths).toEqual([]);
  expect(findings).toEqual(list.map((path) => `DOCUMENT_SECRET_NAME ${path}`));
});

test("a link in any part of the path is not followed", async () => {
  const outside = temporaryFolder({ "a.md": "canary" });
  const folder = temporaryFolder({ "real/a.md": "a", "file.md": "f" });
  symlinkSync(outside, join(folder, "out"));
  symlinkSync("real", join(folder, "in"));
  symlinkSync(join(outside, "a.md"), join(folder, "out.md"));
  const { paths, findings } = await gather(
    readListedFiles(folder, ["out/a.md", "in/a.md", "out.md", "real/a.md", "gone.md", "file.md/x"]),
  );
  expect(paths).toEqual(["real/a.md"]);
  expect(findings).toEqual([
    "DOCUMENT_LINK_OUTSIDE out/a.md",
    "DOCUMENT_LINK_INSIDE in/a.md",
    "DOCUMENT_LINK_OUTSIDE out.md",
    "DOCUMENT_VANISHED gone.md",
    "DOCUMENT_VANISHED file.md/x",
  ]);
});
