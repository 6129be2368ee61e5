import { CodedError } from "@clawkeep/diagnostics";

import type { JsonValue } from "./json-value.ts";

/** Deeper nesting is refused, on writing and on parsing: it serves only to exhaust a stack. */
const maxDepth: number = 128;

/**
 * The canonical form of RFC 8785: no white space, names sorted by UTF-16 code units, shortest
 * escapes, numbers as ECMAScript prints them.
 *
 * @throws CodedError `CANONICAL_JSON_VALUE` with the place of a value that has no exact form: not
 *   JSON, NaN or infinite, an integer beyond 2^53 - 1 (write it as a string), a lone surrogate;
 *   `CANONICAL_JSON_DEPTH` beyond 128 levels, cycles included.
 */
export function canonicalJson(value: JsonValue): string {
  return write(value, []);
}

/**
 * Parses text that must be in canonical form, byte for byte, and returns its value.
 *
 * The text is parsed, written again and compared. So whatever would read as the same value but is
 * spelled another way is refused: white space, `1.0`, `\u0041`, names out of order, a name given
 * twice (the form has each once, so the copy that is written is shorter).
 *
 * @param text A string, or bytes that must be UTF-8 without a byte order mark.
 * @throws CodedError `CANONICAL_JSON_SYNTAX` when it is not JSON or not UTF-8,
 *   `CANONICAL_JSON_DUPLICATE` when an object has a name twice, `CANONICAL_JSON_FORM` with the
 *   offset of the first difference, and what {@link canonicalJson} throws.
 */
export function parseCanonical(text: string | Uint8Array): JsonValue {
  const string = typeof text === "string" ? text : decode(text);
  let value: JsonValue;
  try {
    value = JSON.parse(string) as JsonValue;
  } catch (cause) {
    throw new CodedError({
      code: "CANONICAL_JSON_SYNTAX",
      message: `expected one JSON value: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    });
  }
  const form = canonicalJson(value);
  if (form !== string) {
    throw differs(string, form);
  }
  return value;
}

/** Names and indexes that lead to the value at hand: text only if an error needs it. */
type Place = (string | number)[];

function write(value: JsonValue, place: Place): string {
  if (typeof value === "string") {
    return writeString(value, place);
  }
  if (typeof value === "number") {
    return writeNumber(value, place);
  }
  if (value === null || value === true || value === false) {
    return String(value);
  }
  if (typeof value !== "object") {
    throw refused(place, `a value of type ${typeof value}`, "Leave it out, or make it JSON.");
  }
  if (place.length >= maxDepth) {
    throw new CodedError({
      code: "CANONICAL_JSON_DEPTH",
      message: `expected at most ${maxDepth} levels of nesting, got more, or a cycle`,
    });
  }
  return isArray(value) ? writeArray(value, place) : writeObject(value, place);
}

function writeArray(value: readonly JsonValue[], place: Place): string {
  let text = "[";
  // By index, because map() would step over the holes of a sparse array.
  for (let index = 0; index < value.length; index += 1) {
    place.push(index);
    text += (index === 0 ? "" : ",") + write(value[index] as JsonValue, place);
    place.pop();
  }
  return `${text}]`;
}

function writeObject(value: { readonly [name: string]: JsonValue }, place: Place): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw refused(place, "an object of a class", "Pass plain data.");
  }
  let text = "{";
  // The default order of sort() is the order of UTF-16 code units that RFC 8785 asks for.
  for (const name of Object.keys(value).sort()) {
    place.push(name);
    const member = `${writeString(name, place)}:${write(value[name] as JsonValue, place)}`;
    text += (text === "{" ? "" : ",") + member;
    place.pop();
  }
  return `${text}}`;
}

function writeString(text: string, place: Place): string {
  if (!text.isWellFormed()) {
    throw refused(place, "a text with a lone surrogate", "It has no UTF-8 form; remove it.");
  }
  return JSON.stringify(text);
}

function writeNumber(value: number, place: Place): string {
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw refused(
      place,
      `the number ${value}`,
      "Numbers are finite and at most 2^53 - 1; write a larger integer as a string.",
    );
  }
  // ECMAScript's Number::toString is the number form that RFC 8785 prescribes (section 3.2.2.3).
  return JSON.stringify(value);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CodedError({
      code: "CANONICAL_JSON_SYNTAX",
      message: "expected UTF-8, got bytes that are not",
      cause,
    });
  }
}

function differs(got: string, form: string): CodedError {
  let offset = 0;
  while (got[offset] === form[offset]) {
    offset += 1;
  }
  const twice = findDuplicate(got);
  if (twice !== undefined) {
    return new CodedError({
      code: "CANONICAL_JSON_DUPLICATE",
      message: `expected each name once in an object, got ${JSON.stringify(twice)} twice`,
    });
  }
  return new CodedError({
    code: "CANONICAL_JSON_FORM",
    message: `expected the canonical form of RFC 8785: at offset ${offset} expected ${excerpt(form, offset)}, got ${excerpt(got, offset)}`,
  });
}

/**
 * The first name that an object of a valid JSON text has twice. Only for the message: the
 * comparison of forms has refused the text already.
 */
function findDuplicate(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (const match of text.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")\s*(:?)|[{}[\]]/gu)) {
    const [token, literal, colon] = match;
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : undefined);
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (literal !== undefined && colon === ":") {
      const name = JSON.parse(literal) as string;
      const names = open.at(-1);
      if (names?.has(name) === true) {
        return name;
      }
      names?.add(name);
    }
  }
  return undefined;
}

function excerpt(text: string, offset: number): string {
  return offset >= text.length ? "the end" : JSON.stringify(text.slice(offset, offset + 12));
}

function refused(place: Place, what: string, hint: string): CodedError {
  const where = place.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return new CodedError({
    code: "CANONICAL_JSON_VALUE",
    message: `expected a JSON value with an exact form at $${where}, got ${what}`,
    hint,
  });
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
