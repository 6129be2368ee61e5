import type { Finding } from "@clawkeep/diagnostics";

import { inspectEncoding } from "../admission/inspect-content.ts";
import type { Document, ReadDocumentResult } from "../document.ts";
import { kindOfPath } from "./document-kind.ts";
import { findFrontMatter } from "./front-matter-block.ts";
import { readFrontMatter } from "./front-matter-fields.ts";
import type { FrontMatterFields } from "./front-matter-fields.ts";
import { headingTitle } from "./heading-title.ts";
import { markdownBlocks } from "./markdown-blocks.ts";
import { rstBlocks } from "./rst-blocks.ts";

const byteOrderMark = "\ufeff";
/** A title is near the top; a scan of all of a long text for one would be work for nothing. */
const titleSearchLength = 16_384;

/**
 * Reads an admitted file: its kind, title, front matter, and where its body starts. Bytes that are
 * not UTF-8 text give a finding and no document; bad front matter gives a finding and a document.
 */
export function readDocument(path: string, bytes: Uint8Array): ReadDocumentResult {
  const refusal = inspectEncoding(path, bytes);
  if (refusal !== undefined) {
    return { document: undefined, findings: [refusal.finding] };
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const mark = text.startsWith(byteOrderMark) ? byteOrderMark.length : 0;
  const { kind, language } = kindOfPath(path);
  const block = kind === "markdown" ? findFrontMatter(text.slice(mark)) : undefined;
  const body = mark + (block?.end ?? 0);
  const { fields, findings } = block === undefined ? noFrontMatter : readFrontMatter(path, block);
  const top = text.slice(body, body + titleSearchLength);
  const title = fields.title ?? titleIn(kind, top);
  const document: Document = {
    path,
    kind,
    ...(language === undefined ? {} : { language }),
    title: title ?? titleOfPath(path, kind),
    ...(fields.summary === undefined ? {} : { summary: fields.summary }),
    metadata: fields.metadata,
    bytes,
    bodyStart: Buffer.byteLength(text.slice(0, body)),
  };
  const blank = text.slice(body).trim() === "" ? [blankFinding(path)] : [];
  return { document, findings: [...findings, ...blank] };
}

const noFrontMatter: {
  readonly fields: FrontMatterFields;
  readonly findings: readonly Finding[];
} = { fields: { metadata: {} }, findings: [] };

function blankFinding(path: string): Finding {
  return {
    code: "DOCUMENT_EMPTY",
    severity: "note",
    message: "it holds nothing but white space and front matter",
    hint: "Nothing needs to be done.",
    file: path,
  };
}

function titleIn(kind: Document["kind"], top: string): string | undefined {
  if (kind === "rst") {
    const first = rstBlocks(top).find((block) => block.level === 1);
    return first?.title === "" ? undefined : first?.title;
  }
  return kind === "markdown" ? titleOfTop(top) : undefined;
}

/** The first heading of level 1 (`<h1>` too), else the heading that the text starts with. */
function titleOfTop(top: string): string | undefined {
  const blocks = markdownBlocks(top);
  const first = blocks.find((block) => block.level === 1 && block.title !== "");
  const markup = /<h1[^>]*>([^]{1,500}?)<\/h1>/iu.exec(top);
  if (markup !== null && (first === undefined || markup.index < first.start)) {
    const title = headingTitle(markup[1] ?? "");
    if (title !== "") {
      return title;
    }
  }
  const opening = blocks[0]?.title ?? "";
  return first?.title ?? (opening === "" ? undefined : opening);
}

/** A day or a month, as diaries name their files. */
const date = /^\d{4}-\d{2}(?:-\d{2})?$/u;

/**
 * A title for a file that has none. A name that says nothing by itself takes its folder's name in front;
 * code always does. A name without a letter (`0001234.md`) is no title at all, unless it is a date: what it
 * would put in front of every passage makes them alike, and answers worse.
 */
export function titleOfPath(path: string, kind: Document["kind"]): string {
  const names = path.split("/");
  const name = names.pop() ?? path;
  const bare = name.replace(/(?<=.)\.[^.]*$/u, "");
  const stem = kind === "markdown" ? bare : name;
  if (!/\p{L}/u.test(bare) && !date.test(bare)) {
    return "";
  }
  const folder = names.pop();
  const vague =
    kind === "code" || kind === "data" || /^(?:readme|index|changelog|license)\b/iu.test(stem);
  return (vague && folder !== undefined ? `${folder}/${stem}` : stem) || path;
}
