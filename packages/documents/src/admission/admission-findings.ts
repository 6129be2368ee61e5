import type { Finding, Severity } from "@clawkeep/diagnostics";

import type { AdmissionFinding } from "./admitted-file.ts";

/** Code of a finding that admission gives. */
export type AdmissionCode =
  | "DOCUMENT_SECRET_NAME"
  | "DOCUMENT_SECRET_CONTENT"
  | "DOCUMENT_LINK_OUTSIDE"
  | "DOCUMENT_LINK_INSIDE"
  | "DOCUMENT_LINK_BROKEN"
  | "DOCUMENT_SPECIAL_FILE"
  | "DOCUMENT_TOO_LARGE"
  | "DOCUMENT_TOO_DEEP"
  | "DOCUMENT_NOT_UTF8"
  | "DOCUMENT_BINARY"
  | "DOCUMENT_EMPTY"
  | "DOCUMENT_GENERATED"
  | "DOCUMENT_UNREADABLE"
  | "DOCUMENT_VANISHED"
  | "DOCUMENT_CHANGED"
  | "DOCUMENT_HARD_LINK"
  | "DOCUMENT_HARD_LINK_FOREIGN"
  | "DOCUMENT_NAME_NOT_UTF8"
  | "DOCUMENT_OUTSIDE_ROOT"
  | "DOCUMENT_PATH_REFUSED"
  | "DOCUMENT_IGNORE_FILE";

interface CodeMeaning {
  readonly severity: Severity;
  readonly hint: string;
}

/**
 * Every code that admission gives. None is an `error`: a tree that somebody else wrote must not be
 * able to stop an indexing run by holding one odd file.
 */
const meanings: Readonly<Record<AdmissionCode, CodeMeaning>> = {
  DOCUMENT_SECRET_NAME: {
    severity: "warning",
    hint: "Files with such names are never indexed and no .gitignore or .ragignore can change that; move other text to another name.",
  },
  DOCUMENT_SECRET_CONTENT: {
    severity: "warning",
    hint: "Take the secret out of the file (and revoke it if it is real), then index again.",
  },
  DOCUMENT_LINK_OUTSIDE: {
    severity: "warning",
    hint: "Links are never followed; put a copy inside the folder, or index the other folder by itself.",
  },
  DOCUMENT_LINK_INSIDE: {
    severity: "note",
    hint: "Links are never followed; the file is indexed under its own path.",
  },
  DOCUMENT_LINK_BROKEN: { severity: "note", hint: "Remove the link or restore its target." },
  DOCUMENT_SPECIAL_FILE: {
    severity: "warning",
    hint: "Only regular files are opened; remove it from the folder if it is not meant to be there.",
  },
  DOCUMENT_TOO_LARGE: {
    severity: "warning",
    hint: "Split the file, or raise the size limit if it really is text to search.",
  },
  DOCUMENT_TOO_DEEP: {
    severity: "warning",
    hint: "Index that folder by itself, or make the tree flatter.",
  },
  DOCUMENT_NOT_UTF8: {
    severity: "warning",
    hint: "Convert the file to UTF-8, for example with `iconv -t UTF-8`.",
  },
  DOCUMENT_BINARY: { severity: "note", hint: "Only text is indexed; nothing needs to be done." },
  DOCUMENT_EMPTY: { severity: "note", hint: "Nothing needs to be done." },
  DOCUMENT_GENERATED: {
    severity: "note",
    hint: "Files that tools write for tools would crowd out what people wrote; nothing needs to be done.",
  },
  DOCUMENT_UNREADABLE: {
    severity: "warning",
    hint: "Give the user that runs the indexer permission to read it, or exclude it by .ragignore.",
  },
  DOCUMENT_VANISHED: { severity: "note", hint: "Index again when the folder is at rest." },
  DOCUMENT_CHANGED: {
    severity: "warning",
    hint: "Index again when the file is at rest; until then it is not in the index.",
  },
  DOCUMENT_HARD_LINK: {
    severity: "note",
    hint: "It is indexed; a hard link cannot be told from the file that it shares.",
  },
  DOCUMENT_HARD_LINK_FOREIGN: {
    severity: "warning",
    hint: "Put a copy inside the folder: the link may name a private file of its owner.",
  },
  DOCUMENT_NAME_NOT_UTF8: {
    severity: "warning",
    hint: "Rename it, for example with `convmv -t utf8`.",
  },
  DOCUMENT_OUTSIDE_ROOT: {
    severity: "warning",
    hint: "Somebody moved folders while they were read; find out who before you index again.",
  },
  DOCUMENT_PATH_REFUSED: {
    severity: "warning",
    hint: "List paths relative to the folder, without `..`, with `/` between names.",
  },
  DOCUMENT_IGNORE_FILE: {
    severity: "warning",
    hint: "Correct the file; until then what it meant to keep out may be indexed.",
  },
};

/** Makes the finding of a code; `file` is the path relative to the root. */
export function admissionFinding(
  code: AdmissionCode,
  file: string,
  message: string,
  line?: number,
): AdmissionFinding {
  const { severity, hint } = meanings[code];
  const finding: Finding = { code, severity, message, hint, file };
  return { kind: "finding", finding: line === undefined ? finding : { ...finding, line } };
}
