import type { Block, BlockKind } from "./block.ts";

/** Cuts text into paragraphs at blank lines; code in the same way, where a group of lines is a block. */
export function plainBlocks(
  text: string,
  kind: Extract<BlockKind, "paragraph" | "code">,
): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly start: number; end: number } | undefined;
  const close = (): void => {
    if (open !== undefined) {
      blocks.push({ kind, start: open.start, end: open.end, level: 0, title: "" });
      open = undefined;
    }
  };
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const ink = text.slice(start, end).trimEnd().length;
    if (ink === 0) {
      close();
    } else if (open === undefined) {
      open = { start, end: start + ink };
    } else {
      open.end = start + ink;
    }
    start = end + 1;
  }
  close();
  return blocks;
}
