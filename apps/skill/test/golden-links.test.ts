import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { Place } from "./command.ts";

test.each([
  ["a link in place of a golden file", "golden.txt", "SKILL_FILE_LINK"],
  ["a golden file outside of cases/", "../../../precious", "CASE_VALUE"],
])("test --update leaves alone what %s leads to", async (_what, golden, code) => {
  const place = new Place(["say-sh"]);
  const cases = join(place.folder, "skills", "say-sh", "cases");
  const precious = join(place.folder, "precious");
  writeFileSync(precious, "untouched");
  writeFileSync(
    join(cases, "golden.yaml"),
    `- name: golden\n  arguments: {words: a b}\n  expect: {exitCode: 0, golden: ${golden}}\n`,
  );
  if (golden === "golden.txt") symlinkSync(precious, join(cases, golden));
  const { stdout, stderr } = await place.run(["test", "--update", "--yes", "--no-arguments"]);
  expect(stdout + stderr).toContain(code);
  expect(readFileSync(precious, "utf8")).toBe("untouched");
  place.remove();
});
