import { expect, test } from "vitest";

import { readOptions } from "./options.ts";

test("without arguments the main job asks its own question of its own documents", () => {
  const options = readOptions([]);
  expect(options.folder).toBeUndefined();
  expect(options.question).not.toBe("");
  expect(options.json).toBe(false);
});

test("a folder and a question of the user's own", () => {
  expect(readOptions(["--dir", "notes", "--ask", "why?", "--json"])).toEqual({
    folder: "notes",
    question: "why?",
    json: true,
    help: false,
    requireSandbox: false,
    workspace: undefined,
  });
});

test("a question that begins with a dash is given with an equals sign", () => {
  expect(readOptions(["--ask=--force?"]).question).toBe("--force?");
});

test("what it does not know is a usage error with a hint", () => {
  expect(() => readOptions(["--nope"])).toThrow(
    expect.objectContaining({ code: "MAIN_JOB_USAGE" }),
  );
});
