import { expect, test } from "vitest";

import { commands } from "../arguments/command-table.ts";
import { parseFlags } from "../arguments/parse-flags.ts";
import { workerThreads } from "./worker-threads.ts";

const threads = (args: readonly string[], processors: number): number =>
  workerThreads(parseFlags(commands.serve, args), processors);

test("one thread a processor embeds for other programs, and none where only questions are asked", () => {
  expect(threads([], 8)).toBe(0);
  expect(threads(["--http", "0"], 8)).toBe(0);
  expect(threads(["--openai"], 4)).toBe(4);
  expect(threads(["--ollama"], 64)).toBe(8);
  expect(threads(["--openai"], 1)).toBe(0);
});

test("so many as somebody says, within what a worker's memory holds", () => {
  expect(threads(["--workers", "3"], 1)).toBe(3);
  expect(threads(["--openai", "--workers", "0"], 8)).toBe(0);
  expect(() => threads(["--workers", "17"], 8)).toThrow("from 0 to 16");
});
