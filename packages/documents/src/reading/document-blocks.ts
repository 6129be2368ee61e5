import type { DocumentKind } from "../document.ts";
import type { Block } from "./block.ts";
import { markdownBlocks } from "./markdown-blocks.ts";
import { plainBlocks } from "./plain-blocks.ts";

/** The blocks of a body, in order; what is between them is white space. */
export function documentBlocks(kind: DocumentKind, body: string): readonly Block[] {
  if (kind === "markdown") {
    return markdownBlocks(body);
  }
  return plainBlocks(body, kind === "code" ? "code" : "paragraph");
}
