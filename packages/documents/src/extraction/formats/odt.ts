import { TextBuilder } from "../child/text-builder.ts";
import { Refusal } from "../child/refusal.ts";
import type { Extraction } from "../extraction.ts";
import { readArchive, requireMember } from "./archive.ts";
import { readProperties } from "./core-properties.ts";
import { readXml } from "./xml.ts";

const parts: ReadonlySet<string> = new Set(["content.xml", "meta.xml", "META-INF/manifest.xml"]);
/** `text:c` counts the spaces that one element stands for; more is no text. */
const maxSpaces = 100;

/** Paragraphs, lists and tables of an OpenDocument text, a unit a paragraph or table row. */
export function extractOdt(bytes: Uint8Array): Extraction {
  const members = readArchive(bytes, (name) => parts.has(name));
  const manifest = members.get("META-INF/manifest.xml");
  if (manifest !== undefined && Buffer.from(manifest).includes("encryption-data")) {
    throw new Refusal("DOCUMENT_ENCRYPTED", "it is encrypted with a password");
  }
  const builder = new TextBuilder("odt-1", "paragraph");
  readBody(builder, requireMember(members, "content.xml"));
  return { ...builder.finish(), ...readProperties(members, "meta.xml") };
}

function readBody(builder: TextBuilder, content: Uint8Array): void {
  let number = 0;
  let [text, level, depth, lists, rows, hidden] = ["", 0, 0, 0, 0, 0];
  const unit = (): void => {
    number += 1;
    builder.unit(number);
  };
  const cells: string[] = [];
  readXml(content, {
    open: (name, attributes) => {
      switch (name) {
        case "text:h":
          level = Number(attributes["text:outline-level"] ?? 1) || 1;
          depth += 1;
          return;
        case "text:p":
          depth += 1;
          return;
        case "text:list":
          lists += 1;
          return;
        case "table:table-row":
          rows += 1;
          cells.length = rows === 1 ? 0 : cells.length;
          return;
        case "text:s":
          text += " ".repeat(Math.min(Number(attributes["text:c"] ?? 1) || 1, maxSpaces));
          return;
        case "text:tab":
          text += "\t";
          return;
        case "text:line-break":
          text += "\n";
          return;
        case "office:annotation":
        case "text:tracked-changes":
          hidden += 1;
      }
    },
    text: (part) => {
      text += depth > 0 && hidden === 0 ? part.replace(/\s+/gu, " ") : "";
    },
    close: (name) => {
      switch (name) {
        case "text:h":
        case "text:p":
          depth -= 1;
          if (hidden > 0 || depth > 0 || rows > 0) {
            text += " ";
            return;
          }
          unit();
          if (name === "text:h") {
            builder.heading(level, text);
          } else {
            const isItem = lists > 0 && text.trim() !== "";
            builder.add(isItem ? "list" : "paragraph", isItem ? `- ${text.trim()}` : text);
          }
          text = "";
          return;
        case "text:list":
          lists -= 1;
          return;
        case "table:table-cell":
          if (rows === 1) {
            cells.push(text.replace(/\s+/gu, " ").trim());
            text = "";
          }
          return;
        case "table:table-row":
          rows -= 1;
          if (rows === 0) {
            unit();
            builder.add("table", cells.join(" | "));
          }
          return;
        case "office:annotation":
        case "text:tracked-changes":
          hidden -= 1;
          text = hidden === 0 && depth === 0 ? "" : text;
      }
    },
  });
}
