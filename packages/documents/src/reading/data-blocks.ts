import type { Block } from "./block.ts";
import { jsonBlocks } from "./json-blocks.ts";
import { plainBlocks } from "./plain-blocks.ts";
import { recordBlocks } from "./record-blocks.ts";
import { tomlBlocks } from "./toml-blocks.ts";
import { yamlBlocks } from "./yaml-blocks.ts";

/** Languages that hold data: cut at records, members and tables instead of lines. */
const readers: ReadonlyMap<string, (body: string) => readonly Block[]> = new Map([
  ["csv", recordBlocks],
  ["json", jsonBlocks],
  ["jsonl", lineBlocks],
  ["yaml", yamlBlocks],
  ["toml", tomlBlocks],
]);

/** True for a language that {@link dataBlocks} cuts. */
export function isData(language: string | undefined): boolean {
  return language !== undefined && readers.has(language);
}

/** The blocks of a data file. Nothing is parsed into values: the bytes are cut as they are. */
export function dataBlocks(language: string | undefined, body: string): readonly Block[] {
  const read = readers.get(language ?? "");
  const blocks = read?.(body) ?? [];
  return blocks.length === 0 ? plainBlocks(body, "code") : blocks;
}

/** A record a line. */
function lineBlocks(body: string): readonly Block[] {
  const blocks: Block[] = [];
  for (let start = 0; start < body.length;) {
    const newline = body.indexOf("\n", start);
    const end = newline === -1 ? body.length : newline;
    const ink = body.slice(start, end).trimEnd().length;
    if (ink > 0) {
      blocks.push({ kind: "code", start, end: start + ink, level: 0, title: "" });
    }
    start = end + 1;
  }
  return blocks;
}
