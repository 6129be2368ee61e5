import { fstatSync, readFileSync } from "node:fs";
import process from "node:process";

import { CodedError } from "@clawkeep/diagnostics";
import { runOnTerminal } from "@clawkeep/provision";

import { printNote } from "../output/print.ts";
import { operatedOf } from "../place/operated.ts";
import { readNamed } from "../place/spec-file.ts";
import { withMessage } from "../place/wrapped-command.ts";

/** Options of `agent` as they were written. */
export interface AgentOptions {
  readonly message?: string;
  readonly messageFile?: string;
  readonly agent: string;
  readonly model?: string;
  readonly json?: boolean;
  readonly openclaw?: string;
}

/** Gives an agent one message by the gateway. The message is no argument of anything that is started. */
export async function agentTurn(name: string | undefined, options: AgentOptions): Promise<number> {
  const { agent, model, json, messageFile } = options;
  const operated = operatedOf(name);
  const text = messageOf(options.message, messageFile);
  if (options.message !== undefined) {
    printNote(
      "--message stands in your shell's history and, while this runs, in the list of processes: use --message-file for what is private.",
    );
  }
  const args = (file: string): readonly string[] => [
    "agent",
    `--agent=${agent}`,
    "--message-file",
    file,
    ...(model === undefined ? [] : [`--model=${model}`]),
    ...(json === true ? ["--json"] : []),
  ];
  return withMessage(operated, text, args, options, runOnTerminal);
}

function messageOf(written: string | undefined, file: string | undefined): string {
  if (written !== undefined && file === undefined) return written;
  // What is piped in needs no option.
  const isPiped = written === undefined && file === undefined && isPipe(process.stdin.fd);
  if (isPiped || (file !== undefined && written === undefined)) {
    const bytes = isPiped || file === "-" ? readFileSync(process.stdin.fd) : readNamed(file ?? "");
    const text = Buffer.from(bytes).toString("utf8");
    if (text.trim() !== "") return text;
    throw new CodedError({
      code: "AGENT_MESSAGE",
      message: `expected a message in ${isPiped || file === "-" ? "standard input" : file}, got nothing`,
      hint: "claw agent < question.txt",
    });
  }
  throw new CodedError({
    code: "AGENT_MESSAGE",
    message: `expected one of --message and --message-file, got ${file === undefined ? "neither" : "both"}`,
    hint: "claw agent < question.txt, or: claw agent --message-file question.txt",
  });
}

/** Whether somebody gives something: a pipe, which may be a socket, or a file, and not a terminal or nothing. */
function isPipe(descriptor: number): boolean {
  const about = fstatSync(descriptor);
  return about.isFIFO() || about.isSocket() || about.isFile();
}
