/** A secret while a run lasts: never recorded, never shown. */
export interface ResolvedSecret {
  readonly name: string;
  readonly value: string;
  readonly as: "file" | "environment";
}

/** Removes secrets from what a program printed. */
export interface Scrubber {
  /** The same bytes without secrets. With `isCut`, a secret that the end cuts short goes too. */
  readonly bytes: (bytes: Uint8Array, isCut: boolean) => Uint8Array;
  readonly text: (text: string) => string;
}

interface Pattern {
  readonly bytes: Buffer;
  readonly replacement: Buffer;
}

/** Shorter pieces would be found where no secret is. */
const minPatternBytes = 4;

/**
 * Makes a scrubber for these secrets: each as it is, and as JSON, percent-encoding, hex and base64
 * write it. A program that disguises a secret in another way can still give it away.
 */
export function makeScrubber(secrets: readonly ResolvedSecret[]): Scrubber {
  const patterns = secrets
    .flatMap(({ name, value }) =>
      forms(value).map((bytes) => ({ bytes, replacement: Buffer.from(`[secret ${name}]`) })),
    )
    .filter(({ bytes }) => bytes.length >= minPatternBytes)
    // The longest first, so that a secret that holds another one goes whole.
    .sort((a, b) => b.bytes.length - a.bytes.length);
  const scrub = (bytes: Uint8Array, isCut: boolean): Uint8Array =>
    patterns.length === 0 ? bytes : replaceAll(bytes, patterns, isCut);
  return {
    bytes: scrub,
    text: (text) =>
      patterns.length === 0 ? text : Buffer.from(scrub(Buffer.from(text), false)).toString(),
  };
}

function forms(value: string): readonly Buffer[] {
  const bytes = Buffer.from(value);
  const texts = new Set([
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    ...[0, 1, 2].flatMap((shift) => base64At(bytes, shift)),
  ]);
  return [...texts].map((text) => Buffer.from(text));
}

/** The characters of base64 that depend on these bytes alone, when `shift` bytes stand before. */
function base64At(bytes: Buffer, shift: number): readonly string[] {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
  const from = Math.ceil((shift * 8) / 6);
  const to = Math.floor((whole.length * 8) / 6);
  return [whole.toString("base64"), whole.toString("base64url")].map((text) =>
    text.slice(from, to),
  );
}

function replaceAll(given: Uint8Array, patterns: readonly Pattern[], isCut: boolean): Uint8Array {
  let bytes: Buffer = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  for (const { bytes: wanted, replacement } of patterns) {
    const parts: Buffer[] = [];
    let from = 0;
    for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, from)) {
      parts.push(bytes.subarray(from, at), replacement);
      from = at + wanted.length;
    }
    if (parts.length > 0) {
      bytes = Buffer.concat([...parts, bytes.subarray(from)]);
    }
  }
  return isCut ? withoutBegunSecret(bytes, patterns) : bytes;
}

function withoutBegunSecret(bytes: Buffer, patterns: readonly Pattern[]): Buffer {
  let end = bytes.length;
  for (const { bytes: wanted } of patterns) {
    const longest = Math.min(wanted.length - 1, bytes.length);
    for (let length = longest; length >= minPatternBytes; length -= 1) {
      if (bytes.subarray(bytes.length - length).equals(wanted.subarray(0, length))) {
        end = Math.min(end, bytes.length - length);
        break;
      }
    }
  }
  return bytes.subarray(0, end);
}
