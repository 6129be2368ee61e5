import { readFileSync } from "node:fs";

import { CodedError } from "@clawkeep/diagnostics";

/**
 * Refuses arguments whose bytes were not UTF-8. Node replaces such bytes by U+FFFD without a word, so
 * that something else would be run than was asked for; the kernel still has the bytes.
 *
 * @param argv What Node made of the arguments, without node and script.
 * @param read Reads this process's command line as the kernel has it; throws where there is none.
 * @throws CodedError ARGV_NOT_UTF8
 */
export function refuseUndecodable(
  argv: readonly string[],
  read: () => Uint8Array = () => readFileSync("/proc/self/cmdline"),
): void {
  if (!argv.some((argument) => argument.includes("\ufffd"))) return;
  const index = firstUndecodable(argv, read);
  if (index === undefined) return;
  throw new CodedError({
    code: "ARGV_NOT_UTF8",
    message: `expected arguments in UTF-8, got other bytes in argument ${index + 1} of ${argv.length}`,
    hint: "Send the arguments as JSON by standard input: --args-json -",
  });
}

function firstUndecodable(argv: readonly string[], read: () => Uint8Array): number | undefined {
  const suspects = argv.findIndex((argument) => argument.includes("\ufffd"));
  let raw: Uint8Array;
  try {
    raw = read();
  } catch {
    // Without the bytes, a U+FFFD that was meant cannot be told from one that hides something.
    return suspects;
  }
  const elements = splitAtNul(raw);
  // Node takes its own options out of argv, so the arguments are the last ones.
  const own = elements.slice(elements.length - argv.length);
  if (own.length !== argv.length) return suspects;
  const found = own.findIndex((element) => !isUtf8(element));
  return found === -1 ? undefined : found;
}

function splitAtNul(raw: Uint8Array): readonly Uint8Array[] {
  const elements: Uint8Array[] = [];
  for (let start = 0; start < raw.length;) {
    const nul = raw.indexOf(0, start);
    const end = nul === -1 ? raw.length : nul;
    elements.push(raw.subarray(start, end));
    start = end + 1;
  }
  return elements;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
