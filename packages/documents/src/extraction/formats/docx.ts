import { TextBuilder } from "../child/text-builder.ts";
import type { Extraction } from "../extraction.ts";
import type { Members } from "./archive.ts";
import { readArchive, requireMember } from "./archive.ts";
import { readProperties } from "./core-properties.ts";
import { fallbacks, readXml } from "./xml.ts";

const parts: ReadonlySet<string> = new Set([
  "word/document.xml",
  "word/styles.xml",
  "word/footnotes.xml",
  "word/endnotes.xml",
  "docProps/core.xml",
]);

/** Paragraphs, lists and tables of a Word document; a unit a paragraph, a table row counts as one. */
export function extractDocx(bytes: Uint8Array): Extraction {
  const members = readArchive(bytes, (name) => parts.has(name));
  const levels = headingLevels(members);
  const builder = new TextBuilder("docx-1", "paragraph");
  const body = new WordBody(builder, levels);
  body.read(requireMember(members, "word/document.xml"));
  for (const name of ["word/footnotes.xml", "word/endnotes.xml"]) {
    const notes = members.get(name);
    if (notes !== undefined) {
      body.read(notes);
    }
  }
  return { ...builder.finish(), ...readProperties(members, "docProps/core.xml") };
}

/** Outline level of each paragraph style that has one, by the style's id (ISO 29500-1, 17.3.1.20). */
function headingLevels(members: Members): ReadonlyMap<string, number> {
  const levels = new Map<string, number>();
  const styles = members.get("word/styles.xml");
  let id = "";
  if (styles !== undefined) {
    readXml(styles, {
      open: (name, attributes) => {
        if (name === "w:style") {
          id = attributes["w:styleId"] ?? "";
        } else if (name === "w:outlineLvl" && id !== "") {
          levels.set(id, Number(attributes["w:val"]) + 1);
        } else if (name === "w:name" && /^title$/iu.test(attributes["w:val"] ?? "")) {
          levels.set(id, 1);
        }
      },
    });
  }
  return levels;
}

class WordBody {
  readonly #builder: TextBuilder;
  readonly #levels: ReadonlyMap<string, number>;
  #paragraph = 0;
  #text = "";
  #level = 0;
  #isItem = false;
  #inText = false;
  #cells: string[] | undefined;
  #tables = 0;

  constructor(builder: TextBuilder, levels: ReadonlyMap<string, number>) {
    this.#builder = builder;
    this.#levels = levels;
  }

  read(part: Uint8Array): void {
    readXml(part, {
      skip: fallbacks,
      open: (name, attributes) => this.#open(name, attributes),
      close: (name) => this.#close(name),
      text: (text) => {
        if (this.#inText) {
          this.#text += text;
        }
      },
    });
  }

  #open(name: string, attributes: Readonly<Record<string, string>>): void {
    switch (name) {
      case "w:tbl":
        this.#tables += 1;
        return;
      case "w:tr":
        if (this.#tables === 1) {
          this.#cells = [];
        }
        return;
      case "w:p":
        [this.#level, this.#isItem] = [0, false];
        return;
      case "w:pStyle":
        this.#level = this.#levels.get(attributes["w:val"] ?? "") ?? 0;
        this.#isItem ||= /^list/iu.test(attributes["w:val"] ?? "");
        return;
      case "w:outlineLvl":
        this.#level = Number(attributes["w:val"]) + 1;
        return;
      case "w:numPr":
        this.#isItem = true;
        return;
      case "w:t":
        this.#inText = true;
        return;
      case "w:tab":
        this.#text += "\t";
        return;
      case "w:br":
      case "w:cr":
        this.#text += "\n";
        return;
      case "w:noBreakHyphen":
        this.#text += "-";
    }
  }

  #close(name: string): void {
    switch (name) {
      case "w:t":
        this.#inText = false;
        return;
      case "w:p":
        this.#endParagraph();
        return;
      case "w:tc":
        if (this.#tables === 1) {
          this.#cells?.push(fold(this.#text));
          this.#text = "";
        }
        return;
      case "w:tr":
        if (this.#tables === 1) {
          this.#unit();
          this.#builder.add("table", (this.#cells ?? []).join(" | "));
          this.#cells = undefined;
        }
        return;
      case "w:tbl":
        this.#tables -= 1;
    }
  }

  #endParagraph(): void {
    if (this.#tables > 0) {
      this.#text += " ";
      return;
    }
    const text = this.#text.trim();
    this.#text = "";
    this.#unit();
    if (this.#level >= 1 && this.#level <= 9) {
      this.#builder.heading(this.#level, text);
    } else if (this.#isItem && text !== "") {
      this.#builder.add("list", `- ${text}`);
    } else {
      this.#builder.add("paragraph", text);
    }
  }

  #unit(): void {
    this.#paragraph += 1;
    this.#builder.unit(this.#paragraph);
  }
}

function fold(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}
