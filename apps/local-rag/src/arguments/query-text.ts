import { readFileSync } from "node:fs";

import { CodedError } from "@clawkeep/diagnostics";

/**
 * Refuses arguments whose bytes were not UTF-8: Node replaces them by U+FFFD without a word, so that
 * another question would be answered than was asked. The kernel still has the bytes.
 *
 * @param read Reads this process's command line as the kernel has it.
 * @throws CodedError `QUERY_ENCODING`.
 */
export function refuseUndecodable(
  args: readonly string[],
  read: () => Uint8Array = () => readFileSync("/proc/self/cmdline"),
): void {
  if (!args.some((argument) => argument.includes("\ufffd"))) {
    return;
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(read());
  } catch (cause) {
    throw new CodedError({
      code: "QUERY_ENCODING",
      message: "expected arguments in UTF-8, got other bytes",
      hint: 'send the question as JSON: local-rag query --stdin with {"query": …}',
      cause,
    });
  }
}

/**
 * Refuses text that cannot be passed on as it is.
 *
 * @throws CodedError `QUERY_TEXT`.
 */
export function refuseUnpassable(query: string): void {
  const problem = query.includes("\0")
    ? "a NUL character"
    : query.isWellFormed()
      ? undefined
      : "half of a surrogate pair";
  if (problem !== undefined) {
    throw new CodedError({
      code: "QUERY_TEXT",
      message: `expected a question in Unicode text, got ${problem}`,
      hint: "leave it out",
    });
  }
}
