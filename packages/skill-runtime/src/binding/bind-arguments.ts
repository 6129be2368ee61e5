import type { Finding } from "@clawkeep/diagnostics";
import { canonicalJson } from "@clawkeep/integrity";
import type { JsonObject, JsonValue } from "@clawkeep/integrity";
import { argumentFault } from "@clawkeep/sandbox";
import { argumentProblem } from "@clawkeep/skill-format";
import type { Action, ArgumentSpec, ArgvElement } from "@clawkeep/skill-format";
import path from "node:path";

import type { RawArguments } from "../invocation-request.ts";
import { readArguments } from "./read-arguments.ts";

/** An action with every placeholder filled in: exactly what the program will get. */
export interface Invocation {
  /** Values by name as given or by default, sorted by name. Paths are relative to their root. */
  readonly values: Readonly<Record<string, JsonValue>>;
  /** After the program, for a one-shot run. */
  readonly argv: readonly string[];
  /** After the program, for a resident process. Holds no argument. */
  readonly residentArgv?: readonly string[];
  /** Bytes of standard input of a one-shot run. */
  readonly stdin?: Uint8Array;
  /** What `stdin: {json}` sends, and a resident request holds; paths are absolute. */
  readonly input?: JsonObject;
}

/** Either an invocation, or all reasons why there is none. */
export type Binding =
  | { readonly invocation: Invocation; readonly refusal?: never }
  | { readonly refusal: readonly Finding[]; readonly invocation?: never };

/** By `docs/exec-contract.md`. */
const maxStdinBytes = 4_194_304;
/** Linux gives all of argv and the environment a quarter of the stack, commonly 2 MiB. */
const maxArgvBytes: number = 1024 * 1024;

/**
 * Binds arguments to an action. Pure: paths are judged as text here, and on disk by `confinePaths`.
 * Messages name arguments and never show a value.
 *
 * @param roots Where the program will see each root, by name.
 */
export function bindArguments(
  action: Action,
  raw: RawArguments,
  roots: Readonly<Record<string, string>>,
): Binding {
  const read = readArguments(action, raw);
  const findings: Finding[] = [...read.findings];
  for (const name of read.values.keys()) {
    if (!Object.hasOwn(action.arguments, name)) {
      findings.push(
        refusal(
          "ARGUMENT_UNKNOWN",
          `the contract has no argument ${JSON.stringify(name.slice(0, 64))}`,
        ),
      );
    }
  }
  const values = new Map<string, JsonValue>();
  for (const [name, spec] of Object.entries(action.arguments).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    const value = read.values.has(name) ? read.values.get(name) : spec.default;
    if (value === undefined) {
      // Arguments that could not be read at all are not missing one by one.
      if (spec.required && (read.values.size > 0 || read.findings.length === 0)) {
        findings.push(refusal("ARGUMENT_MISSING", `argument ${name} is required`));
      }
      continue;
    }
    const problem = argumentProblem(spec, value) ?? inexact(value);
    if (problem === undefined) {
      values.set(name, value as JsonValue);
    } else {
      findings.push(refusal("ARGUMENT_REFUSED", `argument ${name}: ${problem}`));
    }
  }
  if (findings.length > 0) {
    return { refusal: findings };
  }

  const argv = fill(action.argv, action, values, roots);
  const residentArgv =
    action.resident === undefined ? undefined : fill(action.resident.argv, action, values, roots);
  findings.push(...argvFindings(action, argv));
  const input = stdinInput(action, values, roots);
  const stdin = stdinBytes(action, values, input);
  if (stdin !== undefined && stdin.length > maxStdinBytes) {
    findings.push(
      refusal("ARGUMENTS_TOO_LONG", `expected at most ${maxStdinBytes} bytes for standard input`),
    );
  }
  if (findings.length > 0) {
    return { refusal: findings };
  }
  return {
    invocation: {
      values: Object.fromEntries(values),
      argv,
      ...(residentArgv === undefined ? {} : { residentArgv }),
      ...(stdin === undefined ? {} : { stdin }),
      ...(input === undefined ? {} : { input }),
    },
  };
}

/** RFC 8785 has no exact form for such a number, so the record and the program could differ. */
function inexact(value: unknown): string | undefined {
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? "expected a whole number within ±(2^53 − 1)"
    : undefined;
}

function fill(
  template: readonly ArgvElement[],
  action: Action,
  values: ReadonlyMap<string, JsonValue>,
  roots: Readonly<Record<string, string>>,
): readonly string[] {
  return template.map((element) => {
    if (element.kind === "literal") {
      return element.text;
    }
    if (element.kind === "root") {
      return roots[element.name] ?? "";
    }
    const spec = action.arguments[element.name];
    const value = values.get(element.name);
    return spec === undefined || value === undefined ? "" : spelled(spec, value, roots);
  });
}

/** How a value is written in an argv. Texts and paths are as they are, the rest as in JSON. */
function spelled(
  spec: ArgumentSpec,
  value: JsonValue,
  roots: Readonly<Record<string, string>>,
): string {
  const seen = asSeen(spec, value, roots);
  return typeof seen === "string" ? seen : canonicalJson(seen);
}

function asSeen(
  spec: ArgumentSpec,
  value: JsonValue,
  roots: Readonly<Record<string, string>>,
): JsonValue {
  return spec.type === "path" && typeof value === "string"
    ? path.posix.join(roots[spec.root] ?? "", value)
    : value;
}

function stdinInput(
  action: Action,
  values: ReadonlyMap<string, JsonValue>,
  roots: Readonly<Record<string, string>>,
): JsonObject | undefined {
  if (action.stdin.kind !== "json") {
    return undefined;
  }
  const input: Record<string, JsonValue> = {};
  for (const name of action.stdin.arguments) {
    const spec = action.arguments[name];
    const value = values.get(name);
    if (spec !== undefined && value !== undefined) {
      input[name] = asSeen(spec, value, roots);
    }
  }
  return input;
}

function stdinBytes(
  action: Action,
  values: ReadonlyMap<string, JsonValue>,
  input: JsonObject | undefined,
): Uint8Array | undefined {
  if (action.stdin.kind === "json") {
    return Buffer.from(`${canonicalJson(input ?? {})}\n`);
  }
  const text = action.stdin.kind === "text" ? values.get(action.stdin.argument) : undefined;
  return typeof text === "string" ? Buffer.from(text) : undefined;
}

function argvFindings(action: Action, argv: readonly string[]): readonly Finding[] {
  const findings: Finding[] = [];
  let total = 0;
  let optionsEnded = false;
  for (const [index, text] of argv.entries()) {
    const element = action.argv[index];
    const fault = argumentFault(text);
    const name =
      element?.kind === "argument" ? `argument ${element.name}` : `element ${index} of argv`;
    if (fault !== undefined) {
      findings.push(refusal("ARGUMENT_REFUSED", `${name} cannot be passed: ${fault}`));
    }
    // A contract that was read has this already; one that was made in memory may not.
    if (element?.kind === "argument" && !optionsEnded && text.startsWith("-")) {
      findings.push(
        refusal("ARGUMENT_LIKE_OPTION", `${name} begins with "-" and no "--" stands before it`),
      );
    }
    optionsEnded ||= element?.kind === "literal" && element.text === "--";
    total += Buffer.byteLength(text) + 9;
  }
  if (total > maxArgvBytes) {
    findings.push(
      refusal("ARGUMENTS_TOO_LONG", `expected at most ${maxArgvBytes} bytes in all of argv`),
    );
  }
  return findings;
}

function refusal(code: string, message: string): Finding {
  return { code, severity: "error", message };
}
