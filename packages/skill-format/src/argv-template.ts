import type { ArgvElement } from "./contract.ts";

const placeholder: RegExp =
  /^\{\{(?:root\.(?<root>[a-z][a-z0-9-]{0,63})|(?<argument>[A-Za-z][A-Za-z0-9_-]{0,63}))\}\}$/u;

/** One element as written → what it is; undefined when it has braces and is not one whole placeholder. */
export function parseArgvElement(text: string): ArgvElement | undefined {
  if (!text.includes("{{") && !text.includes("}}")) return { kind: "literal", text };
  const groups = placeholder.exec(text)?.groups;
  if (groups?.["root"] !== undefined) return { kind: "root", name: groups["root"] };
  if (groups?.["argument"] !== undefined) return { kind: "argument", name: groups["argument"] };
  return undefined;
}
