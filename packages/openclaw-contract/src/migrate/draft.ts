/** A configuration that is being changed. Rules get one draft after another and own it while they run. */
export type Draft = Record<string, unknown>;

/** One thing that a migration did. No value of a secret is ever in it. */
export interface ConfigChange {
  /** Where in the file as it was, such as `gateway.bind`. */
  readonly path: string;
  readonly kind: "moved" | "replaced" | "removed" | "added";
  /** What was done and why, in a sentence. */
  readonly message: string;
}

/** Says what a rule did. */
export type Note = (path: string, kind: ConfigChange["kind"], message: string) => void;

/** A rule changes the draft in place and says so. A rule that finds nothing to do says nothing. */
export type Rule = (draft: Draft, note: Note) => void;

/** The object at a path, or undefined when there is none. */
export function objectAt(draft: Draft, ...path: readonly string[]): Draft | undefined {
  let at: unknown = draft;
  for (const key of path) {
    if (!isDraft(at) || !Object.hasOwn(at, key)) return undefined;
    at = at[key];
  }
  return isDraft(at) ? at : undefined;
}

/** The object at a path, made where it is not there. What stands in the way and is no object is replaced. */
export function madeAt(draft: Draft, ...path: readonly string[]): Draft {
  let at = draft;
  for (const key of path) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    if (isDraft(next)) at = next;
    else {
      const made: Draft = {};
      at[key] = made;
      at = made;
    }
  }
  return at;
}

/** Takes a key out and returns what it held. */
export function take(draft: Draft, key: string): unknown {
  if (!Object.hasOwn(draft, key)) return undefined;
  const value = draft[key];
  delete draft[key];
  return value;
}

/** Puts in what is not there yet: what is written at the new place wins over what came from the old one. */
export function fillIn(into: Draft, from: Draft): void {
  for (const [key, value] of Object.entries(from)) {
    if (!Object.hasOwn(into, key)) into[key] = value;
    else if (isDraft(into[key]) && isDraft(value)) fillIn(into[key], value);
  }
}

export function isDraft(value: unknown): value is Draft {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
