import type { Finding } from "@clawkeep/diagnostics";
import { isObject, readOpenClawConfig } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";

import type { About } from "./host.ts";

/** `openclaw.json` as it lies there. */
export interface ConfigFile {
  readonly file: string;
  readonly about: About;
  /** Empty where the text is no configuration at all. */
  readonly config: JsonObject;
  readonly findings: readonly Finding[];
  readonly text: string;
}

export function configFile(file: string, text: string, about: About): ConfigFile {
  const { config, findings } = readOpenClawConfig(text, file);
  return { file, about, config: isObject(config) ? config : {}, findings, text };
}

/** A value deep in an object; undefined where there is none. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/** Values of an object, with their names. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value) : [];
}

/** Strings of a list; a string alone is a list of one. */
export function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** What lists hold; nothing for what is no list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * The line on which a key stands, found by looking for each key after the one before it: exact for a file that
 * is laid out, and good enough to look at in any other.
 */
export function lineOfKey({ text }: Pick<ConfigFile, "text">, ...keys: readonly string[]): number {
  let from = 0;
  for (const key of keys) {
    const next = new RegExp(`["']?${escaped(key)}["']?\\s*:|"${escaped(key)}"`, "u").exec(
      text.slice(from),
    );
    if (next === null) break;
    from += next.index + next[0].length;
  }
  return text.slice(0, from).split("\n").length;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`);
}
