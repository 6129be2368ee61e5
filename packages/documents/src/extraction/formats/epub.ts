import { Refusal } from "../child/refusal.ts";
import { TextBuilder } from "../child/text-builder.ts";
import type { Extraction } from "../extraction.ts";
import type { Members } from "./archive.ts";
import { readArchive, requireMember } from "./archive.ts";
import { readProperties } from "./core-properties.ts";
import { addHtml } from "./html.ts";
import { readXml } from "./xml.ts";

const wanted = /\.(?:opf|xhtml|html|htm|xml)$/iu;

/** The chapters of an EPUB in reading order, a unit a chapter, each named by its file in the archive. */
export function extractEpub(bytes: Uint8Array): Extraction {
  const members = readArchive(bytes, (name) => wanted.test(name));
  if (members.has("META-INF/encryption.xml") && members.has("META-INF/rights.xml")) {
    throw new Refusal("DOCUMENT_ENCRYPTED", "it is protected against being read");
  }
  const book = packageOf(members);
  const builder = new TextBuilder("epub-1", "section");
  const warnings: string[] = [];
  let number = 0;
  for (const name of spineOf(members, book)) {
    const chapter = members.get(name);
    if (chapter === undefined) {
      warnings.push(`its chapter ${name.slice(0, 200)} is missing`);
      continue;
    }
    number += 1;
    builder.unit(number, { member: name.slice(0, 1024).toWellFormed(), forced: true });
    addHtml(chapter, builder);
  }
  return {
    ...builder.finish(),
    ...readProperties(members, book),
    ...(warnings.length === 0 ? {} : { warnings: warnings.slice(0, 8) }),
  };
}

function packageOf(members: Members): string {
  let name = "";
  readXml(requireMember(members, "META-INF/container.xml"), {
    open: (tag, attributes) => {
      if (tag === "rootfile" && name === "") {
        name = attributes["full-path"] ?? "";
      }
    },
  });
  return name;
}

function spineOf(members: Members, book: string): readonly string[] {
  const files = new Map<string, string>();
  const spine: string[] = [];
  const local = (tag: string): string => tag.slice(tag.indexOf(":") + 1);
  readXml(requireMember(members, book), {
    open: (tag, attributes) => {
      if (local(tag) === "item") {
        const type = attributes["media-type"] ?? "";
        const isNavigation = (attributes["properties"] ?? "").split(" ").includes("nav");
        if (/html/iu.test(type) && !isNavigation) {
          files.set(attributes["id"] ?? "", memberOf(book, attributes["href"] ?? ""));
        }
      } else if (local(tag) === "itemref" && attributes["linear"] !== "no") {
        spine.push(attributes["idref"] ?? "");
      }
    },
  });
  return [...new Set(spine)].flatMap((id) => files.get(id) ?? []);
}

function memberOf(book: string, href: string): string {
  return decodeURIComponent(new URL(href, `http://archive/${book}`).pathname.slice(1));
}
