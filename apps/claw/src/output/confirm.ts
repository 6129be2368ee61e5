import process from "node:process";
import { createInterface } from "node:readline/promises";

import { printNote } from "./print.ts";

/**
 * Asks a person. Yes when it was said beforehand; no without a terminal.
 *
 * @param word What has to be typed; a mere `y` when absent.
 */
export async function confirmed(question: string, yes: boolean, word?: string): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    printNote("Nothing was done: say --yes to do it without a terminal.");
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const hint = word === undefined ? "[y/N]" : `(type ${word})`;
    const answer = (await terminal.question(`${question} ${hint} `)).trim();
    return word === undefined ? /^y(?:es)?$/iu.test(answer) : answer === word;
  } finally {
    terminal.close();
  }
}
