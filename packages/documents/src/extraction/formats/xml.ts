import sax from "sax";

import { Refusal } from "../child/refusal.ts";

/** What a reader of XML wants to hear of. Names are as written, with their prefix. */
export interface XmlEvents {
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void;
  readonly close?: (name: string) => void;
  readonly text?: (text: string) => void;
  /** Elements that are passed over with everything in them. */
  readonly skip?: ReadonlySet<string>;
}

/** What programs write for readers that do not know the form of the same thing in front of it. */
export const fallbacks: ReadonlySet<string> = new Set(["mc:Fallback", "w:moveFrom"]);

const maxDepth = 256;

/** Without `strictEntities` the entities of HTML would be known too; its types leave it out. */
const options: sax.SAXOptions & { readonly strictEntities: true } = { strictEntities: true };

/**
 * Reads well-formed XML from start to end. The five entities of XML itself are the only ones: a document
 * type with declarations of its own is refused, so nothing is fetched and nothing can be multiplied.
 */
export function readXml(bytes: Uint8Array, events: XmlEvents): void {
  const parser = new sax.SAXParser(true, options);
  let [depth, skipped] = [0, 0];
  const onText = (text: string): void => {
    if (skipped === 0) {
      events.text?.(text);
    }
  };
  // eslint-disable-next-line unicorn/prefer-add-event-listener -- sax has handlers and no events
  parser.onerror = (error) => {
    const why = error.message.split("\n")[0] ?? "";
    const isEntity = /entity/iu.test(why);
    throw isEntity
      ? new Refusal("DOCUMENT_ENTITIES", "it uses an entity that XML does not have")
      : new Refusal("DOCUMENT_DAMAGED", `its XML is not well formed: ${why}`);
  };
  parser.ondoctype = (doctype) => {
    if (/\[|<!ENTITY/iu.test(doctype)) {
      throw new Refusal("DOCUMENT_ENTITIES", "its document type declares things of its own");
    }
  };
  parser.onopentag = (tag) => {
    depth += 1;
    if (depth > maxDepth) {
      throw new Refusal("DOCUMENT_TOO_NESTED", `its XML is nested deeper than ${maxDepth}`);
    }
    if (skipped > 0 || events.skip?.has(tag.name) === true) {
      skipped += 1;
      return;
    }
    events.open?.(tag.name, (tag as sax.Tag).attributes);
  };
  parser.onclosetag = (name) => {
    depth -= 1;
    if (skipped > 0) {
      skipped -= 1;
      return;
    }
    events.close?.(name);
  };
  // eslint-disable-next-line unicorn/prefer-add-event-listener -- sax has handlers and no events
  parser.ontext = onText;
  parser.oncdata = onText;
  parser.write(decodeXml(bytes)).close();
}

/** UTF-8, or UTF-16 with a byte order mark: what the formats that are read here may use. */
function decodeXml(bytes: Uint8Array): string {
  const mark = `${bytes[0] ?? 0},${bytes[1] ?? 0}`;
  const encoding = mark === "255,254" ? "utf-16le" : mark === "254,255" ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}
