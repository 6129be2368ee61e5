import { parse } from "parse5";
import type { DefaultTreeAdapterTypes } from "parse5";

import { TextBuilder } from "../child/text-builder.ts";
import type { Extraction } from "../extraction.ts";

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;

/** Elements that say nothing to a reader, or that every page of a site repeats. */
const skipped: ReadonlySet<string> = new Set(
  "script style noscript template head nav svg math iframe object canvas audio video select button input textarea form dialog".split(
    " ",
  ),
);

const blockElements: ReadonlySet<string> = new Set(
  "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu ol p pre search section summary table tbody tfoot thead tr ul caption".split(
    " ",
  ),
);

/** Deeper elements are read as if they stood here. */
const maxDepth = 400;

/** Text of a web page: headings, paragraphs, lists, tables and code, each with its lines in the file. */
export function extractHtml(bytes: Uint8Array): Extraction {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return htmlText(source, new TextBuilder("html-1", "line"));
}

/** Adds the blocks of one page of several; the builder's units are the caller's. */
export function addHtml(bytes: Uint8Array, builder: TextBuilder): void {
  const source = new TextDecoder("utf-8").decode(bytes);
  const html = childrenOf(parse(source)).find((node) => node.nodeName === "html");
  const body = html === undefined ? undefined : find(html, "body");
  if (body !== undefined) {
    const page = new HtmlPage(builder, false);
    page.walk(body, 0);
    page.flush();
  }
}

function htmlText(source: string, builder: TextBuilder): Extraction {
  const document = parse(source, { sourceCodeLocationInfo: true });
  const page = new HtmlPage(builder);
  const html = childrenOf(document).find((node) => node.nodeName === "html");
  const head = html === undefined ? undefined : find(html, "head");
  const body = html === undefined ? undefined : find(html, "body");
  if (body !== undefined) {
    page.walk(body, 0);
    page.flush();
  }
  const title = head === undefined ? undefined : find(head, "title");
  const described = head === undefined ? "" : describe(head);
  const name = title === undefined ? "" : fold(textOf(title)).slice(0, 300).toWellFormed();
  return {
    ...builder.finish(),
    ...(name === "" ? {} : { title: name }),
    ...(described === "" ? {} : { summary: described }),
  };
}

/** Puts the blocks of one page into a builder. */
class HtmlPage {
  readonly #builder: TextBuilder;
  readonly #units: boolean;
  #line = "";
  #from = 0;
  #to = 0;

  /** @param units False when the builder's units are not lines of this page. */
  constructor(builder: TextBuilder, units: boolean = true) {
    this.#builder = builder;
    this.#units = units;
  }

  walk(node: Node, depth: number): void {
    if (node.nodeName === "#text") {
      this.#text("value" in node ? node.value : "", node);
      return;
    }
    if (!("tagName" in node) || skipped.has(node.tagName) || isHidden(node)) {
      return;
    }
    const { tagName } = node;
    const level = /^h([1-6])$/u.exec(tagName)?.[1];
    if (level !== undefined) {
      this.flush();
      const text = fold(textOf(node));
      if (text !== "") {
        this.#place(node);
        this.#builder.heading(Number(level), text);
      }
      return;
    }
    if (tagName === "pre") {
      this.flush();
      this.#place(node);
      this.#builder.add("code", textOf(node));
      return;
    }
    if (tagName === "br") {
      this.#line += "\n";
      return;
    }
    const isBlock = blockElements.has(tagName);
    if (isBlock) {
      this.flush();
      this.#line = tagName === "li" ? "- " : "";
    }
    if (tagName === "tr") {
      this.#place(node);
      const cells = childrenOf(node)
        .filter((cell) => cell.nodeName === "td" || cell.nodeName === "th")
        .map((cell) => fold(textOf(cell)));
      this.#builder.add("table", cells.join(" | "));
      this.#line = "";
      return;
    }
    if (depth < maxDepth) {
      for (const child of childrenOf(node)) {
        this.walk(child, depth + 1);
      }
    } else {
      this.#text(textOf(node), node);
    }
    if (isBlock) {
      this.flush();
    }
  }

  flush(): void {
    const text = this.#line
      .split("\n")
      .map(fold)
      .filter((line) => line !== "")
      .join("\n");
    this.#line = "";
    if (text !== "" && text !== "-") {
      if (this.#units && this.#from > 0) {
        this.#builder.unit(this.#from, { last: Math.max(this.#from, this.#to) });
      }
      this.#builder.add(text.startsWith("- ") ? "list" : "paragraph", text);
    }
    this.#from = 0;
    this.#to = 0;
  }

  #text(text: string, node: Node): void {
    const ink = text.trim() !== "";
    this.#line += text.replace(/[\t\n\f\r ]+/gu, " ");
    const place = "sourceCodeLocation" in node ? node.sourceCodeLocation : undefined;
    if (ink && place !== undefined && place !== null) {
      this.#from = this.#from === 0 ? place.startLine : Math.min(this.#from, place.startLine);
      this.#to = Math.max(this.#to, place.endLine);
    }
  }

  #place(node: Element): void {
    const place = node.sourceCodeLocation;
    if (this.#units && place !== undefined && place !== null) {
      this.#builder.unit(place.startLine, { last: place.endLine });
    }
  }
}

function childrenOf(node: Node | DefaultTreeAdapterTypes.Document): readonly Node[] {
  return "childNodes" in node ? node.childNodes : [];
}

function find(node: Node, name: string): Node | undefined {
  return childrenOf(node).find((child) => child.nodeName === name);
}

/** All text below a node, without what is skipped. A loop, because pages nest as deep as they like. */
function textOf(root: Node): string {
  const parts: string[] = [];
  const open: Node[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.nodeName === "#text") {
      parts.push("value" in node ? node.value : "");
    } else if (node.nodeName === "br") {
      parts.push("\n");
    } else if (node === root || !skipped.has(node.nodeName)) {
      for (const child of childrenOf(node).toReversed()) {
        open.push(child);
      }
    }
  }
  return parts.join("");
}

function describe(head: Node): string {
  for (const node of childrenOf(head)) {
    if ("tagName" in node && node.tagName === "meta") {
      const name = node.attrs.find((attribute) => attribute.name === "name")?.value;
      if (name?.toLowerCase() === "description") {
        const content = node.attrs.find((attribute) => attribute.name === "content")?.value ?? "";
        return fold(content).slice(0, 1000).toWellFormed();
      }
    }
  }
  return "";
}

function isHidden(node: Element): boolean {
  return node.attrs.some(
    ({ name, value }) =>
      name === "hidden" || (name === "aria-hidden" && value.toLowerCase() === "true"),
  );
}

function fold(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}
