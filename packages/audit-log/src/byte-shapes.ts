/**
 * Reads one value from a place of a line and gives the place behind it, or -1 when the value is not
 * **certainly** of this shape and in canonical form. A shape never takes a value that is not; one
 * that it does not take may still be good, and is judged the long way.
 *
 * The bytes are UTF-8 and hold a newline behind the line, which no shape goes beyond.
 */
export type Shape = (bytes: Uint8Array, at: number) => number;

/** A member of an object that may be absent. */
export interface OptionalShape {
  readonly optional: Shape;
}

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;

/** Exactly these characters. */
export function literal(text: string): Shape {
  const expected = Buffer.from(text);
  return (bytes, at) => matched(bytes, at, expected);
}

/** The first of some shapes that takes the value. */
export function oneOf(...shapes: readonly Shape[]): Shape {
  return (bytes, at) => {
    for (const shape of shapes) {
      const end = shape(bytes, at);
      if (end >= 0) return end;
    }
    return -1;
  };
}

/** One of some texts. */
export function keyword(...texts: readonly string[]): Shape {
  return oneOf(...texts.map((text) => literal(`"${text}"`)));
}

/** A text of at least and at most so many bytes, which are no fewer than its UTF-16 units. */
export function text(least: number, most: number): Shape {
  return (bytes, at) => {
    if (bytes[at] !== quote) return -1;
    for (let place = at + 1; ; place += 1) {
      const byte = bytes[place] ?? 0;
      if (byte === quote) {
        const length = place - at - 1;
        return length >= least && length <= most ? place + 1 : -1;
      }
      if (byte < 0x20) return -1;
      if (byte === backslash) {
        const length = escapeLength(bytes, place + 1);
        if (length < 0) return -1;
        place += length;
      }
    }
  };
}

/** A text whose characters are all taken by `takes(byte, index)`, in so many characters. */
export function characters(
  least: number,
  most: number,
  takes: (byte: number, index: number) => boolean,
): Shape {
  return (bytes, at) => {
    if (bytes[at] !== quote) return -1;
    let place = at + 1;
    for (; takes(bytes[place] ?? 0, place - at - 1); place += 1);
    const length = place - at - 1;
    return bytes[place] === quote && length >= least && length <= most ? place + 1 : -1;
  };
}

/** `prefix` and 64 lower-case hex digits. */
export function hashText(prefix: string): Shape {
  const begin = Buffer.from(`"${prefix}`);
  return (bytes, at) => {
    const start = matched(bytes, at, begin);
    if (start < 0) return -1;
    for (let place = start; place < start + 64; place += 1) {
      if (!isHex(bytes[place] ?? 0)) return -1;
    }
    return bytes[start + 64] === quote ? start + 65 : -1;
  };
}

/** True for a lower-case hex digit. */
export function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
}

/** The end of the digits of a whole number from 0, of at most 15 digits, or -1. */
export const count: Shape = (bytes, at) => {
  let place = at;
  for (; (bytes[place] ?? 0) >= 0x30 && (bytes[place] ?? 0) <= 0x39; place += 1);
  const length = place - at;
  return length === 0 || length > 15 || (bytes[at] === 0x30 && length > 1) ? -1 : place;
};

/** The number whose digits stand between two places. */
export function countAt(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let place = at; place < end; place += 1) {
    value = value * 10 + ((bytes[place] ?? 0) - 0x30);
  }
  return value;
}

/** An object with these members and no others. */
export function object(members: Readonly<Record<string, Shape | OptionalShape>>): Shape {
  const list = Object.keys(members)
    .sort()
    .map((name) => {
      const member = members[name] as Shape | OptionalShape;
      const shape = typeof member === "function" ? member : member.optional;
      return { name: Buffer.from(`"${name}":`), shape, optional: typeof member !== "function" };
    });
  return (bytes, at) => {
    if (bytes[at] !== 0x7b) return -1;
    let place = at + 1;
    for (const { name, shape, optional } of list) {
      const begin = place === at + 1 ? place : bytes[place] === comma ? place + 1 : -1;
      const value = begin < 0 ? -1 : matched(bytes, begin, name);
      if (value >= 0) {
        place = shape(bytes, value);
        if (place < 0) return -1;
      } else if (!optional) {
        return -1;
      }
    }
    return bytes[place] === 0x7d ? place + 1 : -1;
  };
}

/** An object of any names, each with a value of one shape. */
export function map(value: Shape): Shape {
  return sequenceOf(0x7b, 0x7d, Number.MAX_SAFE_INTEGER, (bytes, at) => {
    const colon = plainName(bytes, at);
    return colon < 0 || bytes[colon] !== 0x3a ? -1 : value(bytes, colon + 1);
  });
}

/** An array of at most so many names in order, each once. */
export function sortedNames(most: number): Shape {
  return sequenceOf(0x5b, 0x5d, most, plainName);
}

/** An array of at most so many values of one shape. */
export function arrayOf(value: Shape, most: number): Shape {
  return sequenceOf(0x5b, 0x5d, most, value, false);
}

function sequenceOf(
  open: number,
  close: number,
  most: number,
  item: Shape,
  sorted: boolean = true,
): Shape {
  return (bytes, at) => {
    if (bytes[at] !== open) return -1;
    if (bytes[at + 1] === close) return at + 2;
    let before = -1;
    let start = at + 1;
    for (let number = 1; number <= most; number += 1) {
      const end = item(bytes, start);
      if (end < 0 || (sorted && before >= 0 && !isBefore(bytes, before, start))) return -1;
      if (bytes[end] === close) return end + 1;
      if (bytes[end] !== comma) return -1;
      before = start;
      start = end + 1;
    }
    return -1;
  };
}

// The order of names is that of UTF-16 units, which for these characters is that of their bytes.
// A name that begins like `__proto__` is left to those who look closer.
const plainName: Shape = characters(
  1,
  256,
  (byte, index) =>
    byte >= 0x20 &&
    byte < 0x7f &&
    byte !== quote &&
    byte !== backslash &&
    (index > 0 || byte !== 0x5f),
);

/** Compares two quoted names; that one ends first makes its quote count as the end. */
function isBefore(bytes: Uint8Array, one: number, other: number): boolean {
  for (let index = 1; ; index += 1) {
    const a = bytes[one + index] ?? 0;
    const b = bytes[other + index] ?? 0;
    if (a !== b) return a === quote || (b !== quote && a < b);
    if (a === quote) return false;
  }
}

/** Any JSON, not deep, of texts, whole numbers from 0, and words. */
export function anyJson(depth: number): Shape {
  const scalars = [text(0, 1 << 20), count, literal("true"), literal("false"), literal("null")];
  if (depth === 0) return oneOf(...scalars);
  const inner = anyJson(depth - 1);
  return oneOf(...scalars, arrayOf(inner, Number.MAX_SAFE_INTEGER), map(inner));
}

function matched(bytes: Uint8Array, at: number, expected: Uint8Array): number {
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[at + index] !== expected[index]) return -1;
  }
  return at + expected.length;
}

/** How many bytes of a shortest escape stand behind its backslash, or -1. */
function escapeLength(bytes: Uint8Array, at: number): number {
  const byte = bytes[at] ?? 0;
  // " \ b f n r t
  if ([0x22, 0x5c, 0x62, 0x66, 0x6e, 0x72, 0x74].includes(byte)) return 1;
  if (byte !== 0x75 || bytes[at + 1] !== 0x30 || bytes[at + 2] !== 0x30) return -1;
  const [high, low] = [bytes[at + 3] ?? 0, bytes[at + 4] ?? 0];
  if (high === 0x31) return isHex(low) ? 5 : -1;
  // U+0008, 9, a, c and d have shorter ones.
  const rest = (low >= 0x30 && low <= 0x37) || low === 0x62 || low === 0x65 || low === 0x66;
  return high === 0x30 && rest ? 5 : -1;
}
