import { readFile } from "node:fs/promises";
import process from "node:process";

import { CodedError } from "@clawkeep/diagnostics";
import { hasSecret } from "@clawkeep/provision";

import { printData } from "../output/print.ts";
import { operatedOf, settingsOf } from "../place/operated.ts";

/** Options of `token` as they were written. */
export interface TokenOptions {
  readonly show?: boolean;
}

/** Prints the gateway's token to a person. Into a file or a pipe only when that was said. */
export async function tokenOfName(
  name: string | undefined,
  { show }: TokenOptions,
): Promise<number> {
  const file = tokenFileOf(name);
  if (!process.stdout.isTTY && show !== true) {
    throw new CodedError({
      code: "TOKEN_NO_TERMINAL",
      message: "expected a terminal, got a pipe or a file: what reads it would keep the token",
      hint: `Say --show when that is wanted; or read ${file}, which only you can.`,
    });
  }
  if (!(await hasSecret(file))) throw missing(file);
  printData((await readFile(file, "utf8")).trim());
  return 0;
}

/** @throws CodedError `TOKEN_NONE` */
export function tokenFileOf(name: string | undefined): string {
  const { tokenFile } = settingsOf(operatedOf(name));
  if (tokenFile !== undefined) return tokenFile;
  throw new CodedError({
    code: "TOKEN_NONE",
    message: "expected a deployment whose gateway's token is a file, got one without",
    hint: "gateway.auth is none or trusted-proxy, or the token is a variable or a command's.",
  });
}

function missing(file: string): CodedError {
  return new CodedError({
    code: "TOKEN_NONE",
    message: `expected the token at ${file}, got no file`,
    hint: "`claw apply` makes it.",
  });
}
