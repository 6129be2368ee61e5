import { createInterface } from "node:readline/promises";

import { escapeForTerminal } from "@clawkeep/diagnostics";
import type { ConfirmUpdate, GoldenUpdate } from "@clawkeep/skill-test";

import { printNote } from "./print.ts";

/** Shows what would be written. Writes when it was said beforehand, or when a person says yes. */
export function confirmBy(yes: boolean): ConfirmUpdate {
  let last: Promise<boolean> = Promise.resolve(false);
  return async (update) => {
    // Cases run side by side; a person is asked one thing at a time.
    last = last.then(async () => ask(update, yes));
    return last;
  };
}

async function ask(update: GoldenUpdate, yes: boolean): Promise<boolean> {
  printNote(escapeForTerminal(lineDifference(update), { keepNewlines: true }));
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    printNote("not written: say --yes to write without a terminal");
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/iu.test(await terminal.question("write it? [y/N] "));
  } finally {
    terminal.close();
  }
}

/** Lines that go (`-`) and come (`+`), between the first and the last that differ. */
export function lineDifference({ path, before, after }: GoldenUpdate): string {
  const old = before === undefined ? [] : before.split("\n");
  const fresh = after.split("\n");
  let top = 0;
  while (top < old.length && top < fresh.length && old[top] === fresh[top]) top += 1;
  let end = 0;
  while (
    end < old.length - top &&
    end < fresh.length - top &&
    old[old.length - 1 - end] === fresh[fresh.length - 1 - end]
  ) {
    end += 1;
  }
  return [
    `${path}:${top + 1}${before === undefined ? " (new)" : ""}`,
    ...old.slice(top, old.length - end).map((line) => `-${line}`),
    ...fresh.slice(top, fresh.length - end).map((line) => `+${line}`),
  ].join("\n");
}
