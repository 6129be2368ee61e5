/** Kinds of file whose text a child process takes out. */
export type ExtractionKind =
  | "html"
  | "pdf"
  | "docx"
  | "pptx"
  | "odt"
  | "epub"
  | "notebook"
  | "email"
  | "mailbox"
  | "code";

/** Extensions of the kinds that are told by their name; `code` is told by its language. */
export const extractionExtensions: ReadonlyMap<string, Exclude<ExtractionKind, "code">> = new Map([
  ["html", "html"],
  ["htm", "html"],
  ["xhtml", "html"],
  ["pdf", "pdf"],
  ["docx", "docx"],
  ["docm", "docx"],
  ["pptx", "pptx"],
  ["pptm", "pptx"],
  ["odt", "odt"],
  ["epub", "epub"],
  ["ipynb", "notebook"],
  ["eml", "email"],
  ["mbox", "mailbox"],
]);

/** Kinds whose bytes need not be text. */
export const binaryKinds: ReadonlySet<string> = new Set([
  "pdf",
  "docx",
  "pptx",
  "odt",
  "epub",
  "email",
  "mailbox",
]);
