import type { Finding, Severity } from "@clawkeep/diagnostics";

interface Meaning {
  readonly severity: Severity;
  readonly hint: string;
}

const limits = "Split the file, or take what matters out of it as text.";

/** What the codes of extraction mean. None is an `error`: one odd file must not stop an indexing run. */
const meanings: Readonly<Record<string, Meaning>> = {
  DOCUMENT_KIND_MISMATCH: {
    severity: "warning",
    hint: "Give the file the name of what it is, or replace it by a whole copy.",
  },
  DOCUMENT_EXTRACTION_TIME: { severity: "warning", hint: limits },
  DOCUMENT_EXTRACTION_MEMORY: { severity: "warning", hint: limits },
  DOCUMENT_EXTRACTION_SIZE: { severity: "warning", hint: limits },
  DOCUMENT_EXTRACTION_CRASH: {
    severity: "warning",
    hint: "The file is probably damaged: open and save it with the program that made it.",
  },
  DOCUMENT_EXTRACTION_REPLY: {
    severity: "warning",
    hint: "Look at the file: it made its reader answer with nonsense.",
  },
  DOCUMENT_EXTRACTOR_MISSING: {
    severity: "warning",
    hint: "Install the package again; until then only Markdown, text and plain code are indexed.",
  },
  DOCUMENT_DAMAGED: {
    severity: "warning",
    hint: "Open and save it with the program that made it.",
  },
  DOCUMENT_ENCRYPTED: {
    severity: "warning",
    hint: "Save a copy without a password, if it may be searched.",
  },
  DOCUMENT_ENTITIES: {
    severity: "warning",
    hint: "A document of this kind has no entities of its own: find out who made the file.",
  },
  DOCUMENT_TOO_NESTED: { severity: "warning", hint: "No such document is made by people." },
  DOCUMENT_NO_TEXT: {
    severity: "note",
    hint: "It holds pictures of text, or nothing: recognise the text and save it in the file.",
  },
  DOCUMENT_NO_GRAMMAR: {
    severity: "note",
    hint: "It is indexed by its lines; install the package again to have its functions.",
  },
  DOCUMENT_PARTLY_READ: {
    severity: "note",
    hint: "The rest is indexed.",
  },
  DOCUMENT_EXTRACTION_UNCONFINED: {
    severity: "warning",
    hint: "Install bubblewrap, or a kernel with Landlock.",
  },
};

/** Makes the finding of a code; unknown ones count as damage. */
export function extractionFinding(code: string, file: string, message: string): Finding {
  const meaning = meanings[code];
  return meaning === undefined
    ? { ...extractionFinding("DOCUMENT_DAMAGED", file, message), file }
    : { code, severity: meaning.severity, message, hint: meaning.hint, file };
}

/** The machine lacked something, and may have it the next time. */
const lacking: ReadonlySet<string> = new Set(["DOCUMENT_EXTRACTOR_MISSING", "DOCUMENT_NO_GRAMMAR"]);
/** The file met a bound, which a busy machine may have made it meet. */
const bounded: ReadonlySet<string> = new Set([
  "DOCUMENT_EXTRACTION_TIME",
  "DOCUMENT_EXTRACTION_MEMORY",
  "DOCUMENT_EXTRACTION_CRASH",
]);

/**
 * True when a file that gave this finding is worth reading again although it did not change.
 *
 * @param thorough True when somebody asked for every file to be read: then what met a bound is tried too,
 *   which costs the bound again.
 */
export function mayPassLater(code: string, thorough: boolean): boolean {
  return lacking.has(code) || (thorough && bounded.has(code));
}
