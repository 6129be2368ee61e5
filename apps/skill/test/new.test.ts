import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { Place } from "./command.ts";

// Each template is made in an empty folder, checked, locked, tested and run.
test.each([
  ["node", ["--description", "Counts."], { text: "a b a" }, /"words"/u],
  ["python", ["--description", "Counts."], { text: "a b a" }, /"words"/u],
  ["binary", ["--description", "Counts."], { text: "a b a" }, /^3\s*$/u],
  ["data", ["--description", "Finds rows."], { column: "town", equals: "Hull" }, /"Bob"/u],
  ["wrap", ["--wrap", "seq {{count}}"], { count: 2 }, /^1\n2\n$/u],
])("a new skill from %s holds from check to run", async (template, said, input, printed) => {
  const place = new Place();
  const made = await place.run(["new", "my-skill", "--template", template, ...said]);
  expect([made.code, made.stderr]).toEqual([0, ""]);
  const check = await place.run(["check", "skills/my-skill"]);
  expect(check.stdout).toContain("1 skill, 0 errors, 0 warnings\n");
  expect((await place.run(["lock"])).code).toBe(0);
  const tested = await place.run(["test", "--no-shaken", "--no-arguments"]);
  expect([tested.code, tested.stdout]).toEqual([0, expect.stringContaining("3 cases")]);
  if (template === "data") {
    mkdirSync(join(place.folder, "data"));
    writeFileSync(join(place.folder, "data", "table.csv"), "name,town\nBob,Hull\n");
  }
  const ran = await place.run(["run", "my-skill", "--args-json", "-"], {
    input: JSON.stringify(input),
  });
  expect([ran.code, ran.stdout]).toEqual([0, expect.stringMatching(printed)]);
  place.remove();
});

test("a contract that changed is drift, shown and then written", async () => {
  const place = new Place();
  await place.run(["new", "my-skill", "--wrap", "seq {{count}}"]);
  const contract = join(place.folder, "skills/my-skill/exec.yaml");
  writeFileSync(contract, readFileSync(contract, "utf8").replace("maximum: 1000", "maximum: 50"));
  const drift = await place.run(["sync", "--check"]);
  expect(drift.code).toBe(1);
  expect(drift.stdout).toMatch(/^\+.*whole number, 0 to 50/mu);
  expect((await place.run(["sync"])).code).toBe(0);
  expect((await place.run(["sync", "--check"])).code).toBe(0);
  expect((await place.run(["check"])).code).toBe(0);
  place.remove();
});

test.each([
  [["new", "x"], "NEW_INCOMPLETE"],
  [["new", "x", "--wrap", "a | b"], "COMMAND_SHELL"],
  [["new", "x", "--template", "nope", "--description", "x"], "TEMPLATE_UNKNOWN"],
  [["check", "x", "--target", "nope"], "TARGET_UNKNOWN"],
])("%j is a usage error", async (args, code) => {
  const { code: exit, stderr } = await new Place().run([...args]);
  expect(exit).toBe(2);
  expect(stderr).toContain(code);
});
