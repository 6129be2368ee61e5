import { execFileSync } from "node:child_process";

import type { Command } from "commander";

import { commandLine } from "../src/command-line.ts";

/**
 * Gives every `claw …` of a fix that the doctor prints to the parser of the command line itself: the fix as a whole where
 * it begins with one, and what a comment says comes next.
 *
 * @returns the commands that were taken
 * @throws Error for words that `claw` does not take
 */
export async function takesFix(fix: string): Promise<readonly string[]> {
  const commands = fix
    .split(/ {2}# |: (?=claw )|; /u)
    .map((part) => part.replace(/^(?:or|then) /u, "").trim())
    .filter((part) => part.startsWith("claw "));
  for (const command of commands) {
    const why = await refusalOf(wordsOf(command).slice(1));
    if (why !== undefined) throw new Error(`the doctor says \`${command}\`: ${why}`);
  }
  return commands;
}

/** The words of a command as a shell gives them to a program. */
function wordsOf(command: string): readonly string[] {
  return execFileSync("/bin/sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" })
    .trimEnd()
    .split("\n");
}

/** What the parser has against words; nothing is run. */
async function refusalOf(words: readonly string[]): Promise<string | undefined> {
  const program = commandLine(() => undefined);
  let ran = false;
  const still = (command: Command): void => {
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    if (command !== program) {
      command.action(() => {
        ran = true;
      });
    }
    for (const inner of command.commands) still(inner);
  };
  still(program);
  try {
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return ran ? undefined : "no command";
}
