import { parse } from "yaml";

const kept = new Map<string, unknown>();

/** The value of a YAML text. The last few texts are kept: every judge of a deployment reads the same ones. */
export function readYaml(text: string): unknown {
  if (kept.has(text)) return kept.get(text);
  // JSON is YAML, and much faster read as JSON.
  const value: unknown = text.startsWith("{") ? JSON.parse(text) : parse(text);
  if (kept.size >= 16) kept.delete(kept.keys().next().value ?? "");
  kept.set(text, value);
  return value;
}
