import type { Block } from "./block.ts";
import { oneLine } from "./one-line.ts";
import { plainBlocks } from "./plain-blocks.ts";

const table = /^[ \t]*\[\[?[ \t]*([^\][]{1,300}?)[ \t]*\]\]?[ \t]*(?:#.*)?$/u;

/** Cuts TOML at its tables, whose names are the headings of what they hold. */
export function tomlBlocks(body: string): readonly Block[] {
  const blocks: Block[] = [];
  let from = 0;
  let fence: string | undefined;
  const rest = (to: number): void => {
    for (const block of plainBlocks(body.slice(from, to), "code")) {
      blocks.push({ ...block, start: block.start + from, end: block.end + from });
    }
  };
  for (let start = 0; start < body.length;) {
    const newline = body.indexOf("\n", start);
    const end = newline === -1 ? body.length : newline;
    const line = body.slice(start, Math.min(end, start + 2000)).trimEnd();
    const name = fence === undefined ? table.exec(line)?.[1] : undefined;
    if (name !== undefined) {
      rest(start);
      const level = Math.min(6, name.split(".").length);
      blocks.push({
        kind: "heading",
        start,
        end: start + line.length,
        level,
        title: oneLine(name),
      });
      from = end;
    }
    fence = fenceAfter(line, fence);
    start = end + 1;
  }
  rest(body.length);
  return blocks;
}

/** Which multi-line string a line ends inside of. */
function fenceAfter(line: string, fence: string | undefined): string | undefined {
  let open = fence;
  for (const [mark] of line.matchAll(/"""|'''/gu)) {
    open = open === undefined ? mark : open === mark ? undefined : open;
  }
  return open;
}
