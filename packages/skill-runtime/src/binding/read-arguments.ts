import type { Finding } from "@clawkeep/diagnostics";
import type { Action, ArgumentSpec } from "@clawkeep/skill-format";

import type { RawArguments } from "../invocation-request.ts";
import { repeatedNames } from "./repeated-names.ts";

/** Larger inputs are refused before they are parsed: `stdin` itself holds at most half of this. */
const maxInputBytes: number = 8 * 1024 * 1024;

/** Values by name as they were given, and everything that is wrong with how they were given. */
export interface ReadArguments {
  readonly values: ReadonlyMap<string, unknown>;
  readonly findings: readonly Finding[];
}

/** Turns raw arguments into values by name. Text of `name=value` is converted as the contract types it. */
export function readArguments(action: Action, raw: RawArguments): ReadArguments {
  if (raw.kind === "pairs") {
    return readPairs(action, raw.pairs);
  }
  return raw.kind === "bytes" ? readBytes(raw.bytes) : readObject(raw.value);
}

function readBytes(bytes: Uint8Array): ReadArguments {
  if (bytes.length > maxInputBytes) {
    return fault("ARGUMENTS_TOO_LONG", `expected at most ${maxInputBytes} bytes of arguments`);
  }
  const text = decode(bytes);
  if (text === undefined) {
    return fault("ARGUMENTS_NOT_UTF8", "expected arguments in UTF-8, got other bytes");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fault(
      "ARGUMENTS_NOT_JSON",
      "expected one JSON object of arguments, got text that is not JSON",
    );
  }
  const repeated = repeatedNames(text);
  const { values, findings } = readObject(value);
  return {
    values,
    findings: [
      ...findings,
      ...repeated.map((name) =>
        finding("ARGUMENT_REPEATED", `argument ${quote(name)} is given twice`),
      ),
    ],
  };
}

function readObject(value: unknown): ReadArguments {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fault("ARGUMENTS_NOT_JSON", "expected one JSON object of arguments");
  }
  return { values: new Map(Object.entries(value)), findings: [] };
}

function readPairs(action: Action, pairs: readonly (string | Uint8Array)[]): ReadArguments {
  const values = new Map<string, unknown>();
  const findings: Finding[] = [];
  for (const [index, pair] of pairs.entries()) {
    const text = typeof pair === "string" ? pair : decode(pair);
    if (text === undefined) {
      findings.push(finding("ARGUMENTS_NOT_UTF8", `argument ${index + 1} is not UTF-8`));
      continue;
    }
    const at = text.indexOf("=");
    if (at <= 0) {
      findings.push(finding("ARGUMENT_MALFORMED", `argument ${index + 1} should be name=value`));
      continue;
    }
    const name = text.slice(0, at);
    if (values.has(name)) {
      findings.push(finding("ARGUMENT_REPEATED", `argument ${quote(name)} is given twice`));
    }
    const spec = Object.hasOwn(action.arguments, name) ? action.arguments[name] : undefined;
    values.set(name, spec === undefined ? text.slice(at + 1) : typed(spec, text.slice(at + 1)));
  }
  return { values, findings };
}

const wholeNumber: RegExp = /^-?(?:0|[1-9][0-9]*)$/u;
const decimalNumber: RegExp = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/u;

/** What a text stands for. Text that does not spell its type stays text, and is refused as such later. */
function typed(spec: ArgumentSpec, text: string): unknown {
  if (spec.type === "boolean") {
    return text === "true" ? true : text === "false" ? false : text;
  }
  const form =
    spec.type === "integer" ? wholeNumber : spec.type === "number" ? decimalNumber : undefined;
  return form?.test(text) === true ? Number(text) : text;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function fault(code: string, message: string): ReadArguments {
  return { values: new Map(), findings: [finding(code, message)] };
}

function finding(code: string, message: string): Finding {
  return { code, severity: "error", message };
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
