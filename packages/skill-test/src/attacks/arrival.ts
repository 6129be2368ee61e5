import type { Action } from "@clawkeep/skill-format";
import type { Execution } from "@clawkeep/skill-runtime";

import { said } from "../judge-case.ts";

/**
 * Says why an echo tells nothing: it was stopped, or could not end by itself, on a machine that is too
 * busy, or its output was cut. Undefined when what it wrote is all that it got.
 */
export function echoProblem(echoed: Execution): string | undefined {
  const how =
    echoed.error?.message ??
    (echoed.terminatedBy === undefined && echoed.signal === null
      ? echoed.exitCode === 0 && !echoed.notes.some((note) => note.includes("not awaited"))
        ? undefined
        : `exit code ${String(echoed.exitCode)}`
      : (echoed.terminatedBy ?? String(echoed.signal)));
  const notes = echoed.notes.map((note) => `; ${note}`).join("");
  return how === undefined
    ? undefined
    : `the echo did not end as it should: ${how} after ${Math.round(echoed.durationMs)} ms${notes}${said(echoed)}`;
}

/**
 * Says how what an echo wrote differs from what the contract says that the program gets, for one
 * argument; undefined when it arrived byte for byte.
 *
 * @param echoed Arguments, each ended by NUL, one more NUL, then standard input.
 */
export function arrivalProblem(
  action: Action,
  values: Readonly<Record<string, unknown>>,
  name: string,
  text: string,
  echoed: Uint8Array,
): string | undefined {
  const { argv, stdin } = takeApart(Buffer.from(echoed), action.argv.length);
  if (argv === undefined) return `expected ${action.argv.length} arguments, got another number`;
  const wanted = Buffer.from(text);
  let seen = false;
  for (const [index, element] of action.argv.entries()) {
    const got = argv[index] ?? Buffer.alloc(0);
    if (element.kind === "literal" && !got.equals(Buffer.from(element.text))) {
      return `element ${index} of argv should be ${JSON.stringify(element.text)}`;
    }
    if (element.kind === "argument" && element.name === name) {
      seen = true;
      if (!got.equals(wanted)) return `element ${index} of argv is not the text that was given`;
    }
  }
  if (action.stdin.kind === "text" && action.stdin.argument === name) {
    seen = true;
    if (!stdin.equals(wanted)) return "standard input is not the text that was given";
  }
  if (action.stdin.kind === "json" && action.stdin.arguments.includes(name)) {
    seen = true;
    if (memberOf(stdin, name) !== text) return "standard input does not hold the text";
    const others = action.stdin.arguments.filter((other) => other !== name && other in values);
    if (others.some((other) => memberOf(stdin, other) === undefined)) {
      return "standard input does not hold the other arguments any more";
    }
  }
  return seen ? undefined : "the argument is used nowhere";
}

function takeApart(
  bytes: Buffer,
  length: number,
): { readonly argv: readonly Buffer[] | undefined; readonly stdin: Buffer } {
  const argv: Buffer[] = [];
  let at = 0;
  for (let index = 0; index < length; index += 1) {
    const end = bytes.indexOf(0, at);
    if (end === -1) return { argv: undefined, stdin: bytes };
    argv.push(bytes.subarray(at, end));
    at = end + 1;
  }
  const ends = bytes[at] === 0;
  return { argv: ends ? argv : undefined, stdin: bytes.subarray(at + 1) };
}

function memberOf(json: Buffer, name: string): unknown {
  try {
    const value: unknown = JSON.parse(json.toString("utf8"));
    return typeof value === "object" && value !== null
      ? Object.getOwnPropertyDescriptor(value, name)?.value
      : undefined;
  } catch {
    return undefined;
  }
}
