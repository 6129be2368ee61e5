import type { Block } from "../../reading/block.ts";
import { plainBlocks } from "../../reading/plain-blocks.ts";
import type { Extraction } from "../extraction.ts";
import { definitionsIn } from "./definitions.ts";
import type { Definition } from "./definitions.ts";
import { parserOf } from "./load-grammar.ts";

/** A longer function is cut at the functions inside it, in UTF-16 code units. */
const longFunction = 3000;
const maxTrail = 8;

/** Says where the functions and classes of a file begin; its text is the file itself. */
export async function extractCode(bytes: Uint8Array, language: string): Promise<Extraction> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const parser = await parserOf(language);
  const tree = parser.parse(text);
  if (tree === null) {
    return { blocks: [] };
  }
  try {
    const definitions = definitionsIn(tree.rootNode, text);
    const blocks: Block[] = [];
    if (definitions.length > 0) {
      emitAll(text, definitions, 0, text.length, [], blocks);
    }
    return { blocks };
  } finally {
    tree.delete();
  }
}

/** Definitions and what is between them tile a range: no line is lost. */
function emitAll(
  text: string,
  definitions: readonly Definition[],
  start: number,
  end: number,
  trail: readonly string[],
  blocks: Block[],
): void {
  let behind = start;
  for (const definition of definitions) {
    between(text, behind, definition.start, trail, blocks);
    emit(text, definition, Math.max(behind, definition.start), trail, blocks);
    behind = Math.max(behind, definition.end);
  }
  // What only closes belongs to what it closes last: a chunk that ends with it has that heading.
  const closes = /^[\s})\];,]*(?:end)?\s*$/u.test(text.slice(behind, end));
  between(text, behind, end, closes ? (blocks.at(-1)?.trail ?? trail) : trail, blocks);
}

function emit(
  text: string,
  { node, end, signature, isContainer }: Definition,
  start: number,
  above: readonly string[],
  blocks: Block[],
): void {
  const trail = signature === "" || above.length >= maxTrail ? above : [...above, signature];
  const cut = (isContainer || end - start > longFunction) && above.length < maxTrail;
  const inner = cut ? definitionsIn(node, text).filter((each) => each.start >= start) : [];
  const headEnd = Math.min(inner[0]?.start ?? end, end);
  const line = lineEnd(text, start, headEnd);
  const first = text.slice(start, line).trimEnd().length;
  if (first > 0) {
    const title = signature;
    blocks.push({ kind: "heading", start, end: start + first, level: 1, title, trail });
  }
  between(text, start + first, headEnd, trail, blocks);
  if (inner.length > 0) {
    emitAll(text, inner, headEnd, end, trail, blocks);
  }
}

function between(
  text: string,
  start: number,
  end: number,
  trail: readonly string[],
  blocks: Block[],
): void {
  for (const block of plainBlocks(text.slice(start, end), "code")) {
    const from = block.start + start;
    // A range that begins inside a line has its white space in front.
    const ink = text.slice(from, block.end + start).search(/\S/u);
    const isLine = from === 0 || text.charAt(from - 1) === "\n";
    blocks.push({ ...block, start: isLine ? from : from + ink, end: block.end + start, trail });
  }
}

/** End of the first line with ink. */
function lineEnd(text: string, start: number, end: number): number {
  const ink = start + Math.max(0, text.slice(start, end).search(/\S/u));
  const newline = text.indexOf("\n", ink);
  return newline === -1 || newline > end ? end : newline;
}
