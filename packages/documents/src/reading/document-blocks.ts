import type { DocumentKind } from "../document.ts";
import type { Block } from "./block.ts";
import { markdownBlocks } from "./markdown-blocks.ts";
import { dataBlocks } from "./data-blocks.ts";
import { plainBlocks } from "./plain-blocks.ts";
import { rstBlocks } from "./rst-blocks.ts";
import { sqlBlocks } from "./sql-blocks.ts";

/** The blocks of a body, in order; what is between them is white space. */
export function documentBlocks(
  { kind, language }: { readonly kind: DocumentKind; readonly language?: string },
  body: string,
): readonly Block[] {
  switch (kind) {
    case "markdown":
      return markdownBlocks(body);
    case "rst":
      return rstBlocks(body);
    case "data":
      return dataBlocks(language, body);
    case "code":
      if (language === "sql") {
        return sqlBlocks(body);
      }
      break;
    case "text":
    case "extracted":
  }
  return plainBlocks(body, kind === "code" ? "code" : "paragraph");
}
