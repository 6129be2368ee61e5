import { expect, test } from "vitest";

import { parseOptions, usage } from "./options.ts";

const rows = ["ann-real", "build"];

test("one mode, and rows by name", () => {
  expect(parseOptions(["--quick", "--only", "build", "--only", "ann-real"], rows)).toMatchObject({
    mode: "quick",
    only: ["build", "ann-real"],
    list: false,
  });
});

test("a sweep and a set-up are of the quick sizes unless said otherwise", () => {
  expect(parseOptions(["--sweep"], rows)).toMatchObject({ sweep: true, mode: "quick" });
  expect(parseOptions(["--setup", "--full"], rows)).toMatchObject({ setUp: true, mode: "full" });
});

test.each([
  [[], "expected one of"],
  [["--quick", "--full"], "expected one of"],
  [["--quick", "--only"], "needs a value"],
  [["--quick", "--only", "nothing"], "the rows are ann-real, build"],
  [["--quick", "--fast"], "unknown argument --fast"],
])("%j is refused", (args, message) => {
  expect(() => parseOptions(args, rows)).toThrow(message);
});

test("every switch is in the usage", () => {
  for (const name of [
    "--quick",
    "--full",
    "--sweep",
    "--setup",
    "--tiny",
    "--only",
    "--fresh",
    "--list",
    "--out",
  ]) {
    expect(usage).toContain(name);
  }
});
