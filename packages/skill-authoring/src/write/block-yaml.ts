import { CodedError } from "@clawkeep/diagnostics";

/** What can be written: JSON values without functions of meaning. `undefined` members are left out. */
export type YamlData =
  | string
  | number
  | boolean
  | null
  | readonly YamlData[]
  | { readonly [key: string]: YamlData | undefined };

/** How {@link writeBlockYaml} writes. */
export interface BlockYamlOptions {
  /**
   * YAML has no block form of an empty list or mapping. Without this they are refused; with it they are
   * written as `[]` and `{}`, which the front matter of a `SKILL.md` must not hold.
   */
  readonly allowEmpty?: boolean;
}

/**
 * Writes a mapping as YAML in block style only, keys in their order. Whoever reads it, as YAML 1.1 or
 * 1.2, gets the same texts: what could be taken for a number, a date or a truth value is quoted.
 *
 * @throws CodedError YAML_NOT_WRITABLE for numbers that are not finite and for what block style cannot say
 */
export function writeBlockYaml(
  value: { readonly [key: string]: YamlData | undefined },
  options: BlockYamlOptions = {},
): string {
  return mapping(value, "", options).join("");
}

function mapping(
  value: { readonly [key: string]: YamlData | undefined },
  indent: string,
  options: BlockYamlOptions,
): readonly string[] {
  const lines: string[] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    if (key === "__proto__" || key === "<<") {
      throw refuse(`expected a key that a strict reader reads, got ${JSON.stringify(key)}`);
    }
    lines.push(...entry(`${indent}${scalar(key)}:`, item, indent, options));
  }
  return lines;
}

function list(
  value: readonly YamlData[],
  indent: string,
  options: BlockYamlOptions,
): readonly string[] {
  return value.flatMap((item) => {
    if (typeof item !== "object" || item === null || isEmpty(item)) {
      return entry(`${indent}-`, item, indent, options);
    }
    // The first line of what is nested stands behind its dash.
    const inner = nested(item, `${indent}  `, options);
    const [first = "", ...rest] = inner;
    return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
  });
}

function entry(
  head: string,
  item: YamlData,
  indent: string,
  options: BlockYamlOptions,
): readonly string[] {
  if (typeof item !== "object" || item === null) return [`${head} ${scalar(item)}\n`];
  if (isEmpty(item)) {
    if (options.allowEmpty !== true) {
      throw refuse("expected something in each list and mapping: block style has no empty ones");
    }
    return [`${head} ${Array.isArray(item) ? "[]" : "{}"}\n`];
  }
  return [`${head}\n`, ...nested(item, `${indent}  `, options)];
}

function nested(
  item: readonly YamlData[] | { readonly [key: string]: YamlData | undefined },
  indent: string,
  options: BlockYamlOptions,
): readonly string[] {
  return isList(item) ? list(item, indent, options) : mapping(item, indent, options);
}

function isList(
  item: readonly YamlData[] | { readonly [key: string]: YamlData | undefined },
): item is readonly YamlData[] {
  return Array.isArray(item);
}

function isEmpty(
  item: readonly YamlData[] | { readonly [key: string]: YamlData | undefined },
): boolean {
  return isList(item)
    ? item.length === 0
    : Object.values(item).every((member) => member === undefined);
}

const plain = /^[A-Za-z](?:[A-Za-z0-9_./()'+-]|[ ,;!?](?=[A-Za-z0-9_./()'"+-])|[.,;!?]$)*$/u;
// Truth values and nothing of YAML 1.1 and 1.2, in any spelling.
const taken = /^(?:true|false|yes|no|on|off|y|n|null)$/iu;

function scalar(value: string | number | boolean | null): string {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw refuse(`expected a finite number, got ${value}`);
    return JSON.stringify(value);
  }
  if (typeof value !== "string") return String(value);
  if (!value.isWellFormed()) throw refuse("expected text without lone surrogates");
  if (plain.test(value) && !taken.test(value) && !value.includes("---")) return value;
  // JSON's escapes are YAML's. What YAML does not count as printable is escaped as well, and so are
  // three dashes, at which the reference validators cut a front matter wherever they stand.
  return JSON.stringify(value)
    .replace(
      /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/gu,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    )
    .replaceAll("---", "--\\u002d");
}

function refuse(message: string): CodedError {
  return new CodedError({
    code: "YAML_NOT_WRITABLE",
    message,
    hint: "Leave the key out, or give it a value that YAML can hold.",
  });
}
