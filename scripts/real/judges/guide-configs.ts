import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { isObject, readOpenClawConfig } from "../../../packages/openclaw-contract/src/index.ts";
import type { JsonObject } from "../../../packages/openclaw-contract/src/index.ts";

/** A configuration that a guide shows, with the place where it stands there. */
export interface GuideConfig {
  readonly name: string;
  readonly config: JsonObject;
}

/** Keys of `openclaw.json`, new and old: an object with none of them is another example. */
const keys: ReadonlySet<string> = new Set(
  "gateway agents models tools channels agentDefaults tailscale sandbox mcpServers".split(" "),
);

/** Guides beside the repository, when somebody put them there; they are read and never copied. */
export function guideConfigs(folder: string): readonly GuideConfig[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".txt") || name.endsWith(".md"))
    .toSorted()
    .flatMap((name) => configsOf(readFileSync(path.join(folder, name), "utf8"), name.slice(0, 3)));
}

/** Every outermost `{ … }` of a text that is an OpenClaw configuration. */
export function configsOf(text: string, name: string): readonly GuideConfig[] {
  // Pages that were saved from a browser have a bar on a line of its own between lines.
  const lines = text.split("\n").filter((line) => line.trim() !== "|");
  const found: GuideConfig[] = [];
  for (let start = 0; start < lines.length; start += 1) {
    if (lines[start]?.trim() !== "{") continue;
    const block = blockFrom(lines, start);
    if (block === undefined) continue;
    // A template's numbers are no JSON: any number stands for them.
    const filled = block.replace(/(:\s*)\$\{[A-Z_]+\}/gu, "$18192");
    const { config } = readOpenClawConfig(filled, name);
    if (!isObject(config) || !Object.keys(config).some((key) => keys.has(key))) continue;
    found.push({ name: `${name}:${start + 1}`, config });
    start += block.split("\n").length - 1;
  }
  return found;
}

function blockFrom(lines: readonly string[], start: number): string | undefined {
  let depth = 0;
  for (let at = start; at < Math.min(lines.length, start + 400); at += 1) {
    const line = (lines[at] ?? "").replace(/\$\{[A-Z_]+\}/gu, "");
    depth += line.split("{").length - line.split("}").length;
    if (depth === 0) return lines.slice(start, at + 1).join("\n");
  }
  return undefined;
}
