import type { MetadataValue } from "../../document.ts";
import { cleanText } from "../child/text-builder.ts";
import type { Members } from "./archive.ts";
import { readXml } from "./xml.ts";

/** Dublin Core and its relatives, as OOXML, ODF and EPUB write them. */
const fields: ReadonlyMap<string, string> = new Map([
  ["dc:title", "title"],
  ["dc:description", "summary"],
  ["dc:creator", "author"],
  ["meta:initial-creator", "author"],
  ["dc:language", "language"],
  ["dc:subject", "subject"],
  ["dc:date", "date"],
  ["dcterms:modified", "modified"],
  ["cp:keywords", "keywords"],
  ["meta:keyword", "keywords"],
]);

/** What a document says about itself. */
export interface Properties {
  readonly title?: string;
  readonly summary?: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
}

/** Reads the properties of a member, if it is there; the first of each kind counts. */
export function readProperties(members: Members, name: string): Properties {
  const member = members.get(name);
  const found = new Map<string, string>();
  let open: { readonly field: string; text: string } | undefined;
  if (member !== undefined) {
    readXml(member, {
      open: (tag) => {
        const field = fields.get(tag);
        open = field === undefined || found.has(field) ? undefined : { field, text: "" };
      },
      text: (text) => {
        if (open !== undefined && open.text.length < 4096) {
          open.text += text;
        }
      },
      close: () => {
        if (open !== undefined) {
          const text = cleanText(open.text).replace(/\s+/gu, " ").trim().slice(0, 1000);
          if (text !== "") {
            found.set(open.field, text.toWellFormed());
          }
          open = undefined;
        }
      },
    });
  }
  const { title, summary, ...rest } = Object.fromEntries(found);
  return {
    ...(title === undefined ? {} : { title: title.slice(0, 300).toWellFormed() }),
    ...(summary === undefined ? {} : { summary }),
    metadata: rest,
  };
}
