import { binaryKinds, extractionExtensions } from "./extraction-kind.ts";
import type { ExtractionKind } from "./extraction-kind.ts";

/** How a file of this name and content is to be read. */
export type SniffedKind =
  /** In this process, as text. */
  | { readonly route: "text" }
  | { readonly route: "extract"; readonly kind: Exclude<ExtractionKind, "code"> }
  /** The content is not what the name says. */
  | { readonly route: "mismatch"; readonly expected: string };

const archives: ReadonlySet<string> = new Set(["docx", "pptx", "odt", "epub"]);
/** Acrobat finds a header in the first 1,024 bytes (ISO 32000-1, annex H.3.4.1). */
const pdfHeaderReach = 1024;

const mimetypes: ReadonlyMap<string, "epub" | "odt"> = new Map([
  ["application/epub+zip", "epub"],
  ["application/vnd.oasis.opendocument.text", "odt"],
]);

/** The kind that a name alone tells, or undefined for text and code. */
export function extractionKindOfPath(path: string): Exclude<ExtractionKind, "code"> | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const dot = name.lastIndexOf(".");
  return dot > 0 ? extractionExtensions.get(name.slice(dot + 1)) : undefined;
}

/** Tells a file's kind by its name and by how its content begins. */
export function sniffKind(path: string, bytes: Uint8Array): SniffedKind {
  const named = extractionKindOfPath(path);
  if (named === "pdf") {
    return hasPdfHeader(bytes) ? { route: "extract", kind: named } : mismatch("a PDF");
  }
  if (named !== undefined && archives.has(named)) {
    return isArchive(bytes) ? { route: "extract", kind: named } : mismatch("a ZIP archive");
  }
  if (named !== undefined) {
    return bytes.includes(0) && !isMail(named)
      ? mismatch("text")
      : { route: "extract", kind: named };
  }
  const told = kindOfContent(bytes);
  return told === undefined ? { route: "text" } : { route: "extract", kind: told };
}

/** True when a file's bytes need not be text: by its name, or by how they begin. */
export function isForeign(path: string, bytes: Uint8Array): boolean {
  const named = extractionKindOfPath(path);
  return (named !== undefined && binaryKinds.has(named)) || kindOfContent(bytes) !== undefined;
}

function mismatch(expected: string): SniffedKind {
  return { route: "mismatch", expected };
}

function isMail(kind: string): boolean {
  return kind === "email" || kind === "mailbox";
}

function hasPdfHeader(bytes: Uint8Array): boolean {
  return textAt(bytes, 0, pdfHeaderReach).includes("%PDF-");
}

function isArchive(bytes: Uint8Array): boolean {
  return textAt(bytes, 0, 4) === "PK\u0003\u0004";
}

/** PDF by its header; EPUB and ODT by the stored `mimetype` that both put first. */
function kindOfContent(bytes: Uint8Array): "pdf" | "epub" | "odt" | undefined {
  if (textAt(bytes, 0, 5) === "%PDF-") {
    return "pdf";
  }
  if (!isArchive(bytes) || textAt(bytes, 30, 38) !== "mimetype") {
    return undefined;
  }
  const content = textAt(bytes, 38, 90);
  return [...mimetypes].find(([mimetype]) => content.startsWith(mimetype))?.[1];
}

function textAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString("latin1");
}
