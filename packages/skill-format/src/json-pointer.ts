/**
 * Takes an RFC 6901 pointer apart. The empty pointer has no tokens. Undefined when the text is none.
 */
export function parsePointer(pointer: string): readonly string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/u.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value that a pointer names, or `undefined` (no JSON value is that) when it names nothing. */
export function resolvePointer(value: unknown, pointer: string): unknown {
  const tokens = parsePointer(pointer);
  if (tokens === undefined) return undefined;
  let current: unknown = value;
  for (const token of tokens) {
    if (typeof current !== "object" || current === null) return undefined;
    if (Array.isArray(current) && !/^(?:0|[1-9][0-9]*)$/u.test(token)) return undefined;
    current = Object.getOwnPropertyDescriptor(current, token)?.value;
  }
  return current;
}

/**
 * A copy of a JSON value without the named parts. An element of an array becomes `null`, so that the
 * others keep their places. A pointer to nothing changes nothing.
 */
export function withoutPointers(value: unknown, pointers: readonly string[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const pointer of pointers) {
    const at = pointer.lastIndexOf("/");
    const last = parsePointer(pointer)?.at(-1);
    if (last === undefined) continue;
    const parent = resolvePointer(copy, pointer.slice(0, at));
    if (typeof parent !== "object" || parent === null || !Object.hasOwn(parent, last)) continue;
    if (Array.isArray(parent)) {
      if (/^(?:0|[1-9][0-9]*)$/u.test(last)) parent[Number(last)] = null;
    } else {
      Reflect.deleteProperty(parent, last);
    }
  }
  return copy;
}
