/** What a program and a service said to each other in one run. */
export interface Cassette {
  readonly service: string;
  /** In the order in which they were opened: a run that is tried again connects again. */
  readonly connections: readonly Connection[];
}

/** One connection from its beginning to its end. */
export interface Connection {
  readonly exchanges: readonly Exchange[];
  /** Who hung up first. */
  readonly endedBy: "program" | "service";
}

/** A request is all that the program sent before the service answered; either may be empty. */
export interface Exchange {
  readonly request: readonly Part[];
  readonly response: readonly Part[];
}

/** Bytes as they were sent, or the place where the value of a secret stood. */
export type Part = Uint8Array | { readonly secret: string };

/** The bytes of parts, with these values of secrets. A secret that is not there is empty. */
export function fill(parts: readonly Part[], secrets: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    parts.map((part) =>
      part instanceof Uint8Array ? part : Buffer.from(secrets[part.secret] ?? ""),
    ),
  );
}

/** Takes the values of secrets out of bytes, the longest first. */
export function takeOut(
  bytes: Uint8Array,
  secrets: Readonly<Record<string, string>>,
): readonly Part[] {
  let parts: readonly Part[] = [bytes];
  const longestFirst = Object.entries(secrets)
    .filter(([, value]) => value !== "")
    .toSorted(([, a], [, b]) => Buffer.byteLength(b) - Buffer.byteLength(a));
  for (const [secret, value] of longestFirst) {
    parts = parts.flatMap((part) =>
      part instanceof Uint8Array ? split(part, secret, value) : part,
    );
  }
  return parts.filter((part) => !(part instanceof Uint8Array) || part.length > 0);
}

function split(part: Uint8Array, secret: string, value: string): readonly Part[] {
  const bytes = Buffer.from(part);
  const wanted = Buffer.from(value);
  const parts: Part[] = [];
  let from = 0;
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, from)) {
    parts.push(bytes.subarray(from, at), { secret });
    from = at + wanted.length;
  }
  return [...parts, bytes.subarray(from)];
}
