import { readFileSync } from "node:fs";
import process from "node:process";

import { CodedError } from "@clawkeep/diagnostics";
import { openClawRun, runOnTerminal, withPrivateMessage } from "@clawkeep/provision";

import { openClawOf, operatedOf } from "../place/operated.ts";
import { readNamed } from "../place/spec-file.ts";

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
  const place = openClawOf(operatedOf(name), options.openclaw);
  const text = messageOf(options.message, messageFile);
  return withPrivateMessage(text, async (file) => {
    const args = [
      "agent",
      `--agent=${agent}`,
      "--message-file",
      file,
      ...(model === undefined ? [] : [`--model=${model}`]),
      ...(json === true ? ["--json"] : []),
    ];
    return runOnTerminal(openClawRun(place, args));
  });
}

function messageOf(written: string | undefined, file: string | undefined): string {
  if (written !== undefined && file === undefined) return written;
  if (file !== undefined && written === undefined) {
    const bytes = file === "-" ? readFileSync(process.stdin.fd) : readNamed(file);
    return Buffer.from(bytes).toString("utf8");
  }
  throw new CodedError({
    code: "AGENT_MESSAGE",
    message: `expected one of --message and --message-file, got ${file === undefined ? "neither" : "both"}`,
    hint: "claw agent -m 'What is new?', or: claw agent --message-file - < question.txt",
  });
}
