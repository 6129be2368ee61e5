import { CodedError } from "@clawkeep/diagnostics";
import type { Command } from "commander";

import { completionScript } from "../completion/completion-script.ts";
import { commandTable } from "../completion/command-table.ts";
import { printData } from "../output/print.ts";

/** Prints the completion of a shell, made from the commands as they are. */
export function printCompletion(shell: string, program: Command): number {
  if (shell !== "bash" && shell !== "zsh" && shell !== "fish") {
    throw new CodedError({
      code: "COMPLETION_SHELL",
      message: `expected bash, zsh or fish, got ${shell}`,
      hint: "claw completion bash > ~/.local/share/bash-completion/completions/claw",
    });
  }
  printData(completionScript(shell, commandTable(program)));
  return 0;
}
