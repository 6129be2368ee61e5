import type { Finding } from "@clawkeep/diagnostics";
import type { SandboxLevel } from "@clawkeep/sandbox";

import { inspectSecrets } from "../admission/inspect-content.ts";
import type { Document, ReadDocumentResult } from "../document.ts";
import { kindOfPath } from "../reading/document-kind.ts";
import { oneLine } from "../reading/one-line.ts";
import { readDocument, titleOfPath } from "../reading/read-document.ts";
import { hasGrammar } from "./code/grammar-names.ts";
import type { Extraction } from "./extraction.ts";
import { extractionFinding } from "./extraction-findings.ts";
import type { ExtractionKind } from "./extraction-kind.ts";
import type { Extractor, ExtractorOptions } from "./extractor.ts";
import { sniffKind } from "./sniff-kind.ts";

/** Reads admitted files of every kind, one after another. */
export interface DocumentReader {
  /**
   * Reads one file. What cannot be read is a finding, never an exception: a file that kills its reader
   * costs this file only. Await each call before the next one.
   */
  read(path: string, bytes: Uint8Array): Promise<ReadDocumentResult>;
  /** Level that foreign files were read at; undefined while there was none. */
  readonly level: SandboxLevel | undefined;
  /** Ends the child process. Safe to call twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a reader. Markdown, text and data are read here; other kinds by a child process that starts
 * with the first of them, confined by `sandbox` at the best level that can be had.
 */
export function openDocumentReader(options: ExtractorOptions = {}): DocumentReader {
  let extractor: Extractor | undefined;
  let warned = false;
  const extract = async (
    kind: ExtractionKind,
    path: string,
    bytes: Uint8Array,
    language?: string,
  ): Promise<{ done: Extraction | undefined; findings: readonly Finding[] }> => {
    // Not at the top: a query reads no file, and most files need none of it.
    extractor ??= new (await import("./extractor.ts")).Extractor(options);
    const named = language === undefined ? {} : { language };
    const result = await extractor.extract({ kind, path, bytes, ...named });
    const findings: Finding[] = [];
    if (extractor.level === "none" && options.level === undefined && !warned) {
      warned = true;
      const message = "no sandbox can be had on this machine: its reader was bounded, not confined";
      findings.push(extractionFinding("DOCUMENT_EXTRACTION_UNCONFINED", path, message));
    }
    if ("refused" in result) {
      findings.push(extractionFinding(result.refused.code, path, result.refused.message));
      return { done: undefined, findings };
    }
    for (const warning of result.done.warnings ?? []) {
      findings.push(extractionFinding("DOCUMENT_PARTLY_READ", path, warning));
    }
    return { done: result.done, findings };
  };
  const close = async (): Promise<void> => {
    await extractor?.close();
  };
  return {
    read: async (path, bytes) => {
      const sniffed = sniffKind(path, bytes);
      if (sniffed.route === "mismatch") {
        const message = `expected ${sniffed.expected} by its name, got something else`;
        return nothing([extractionFinding("DOCUMENT_KIND_MISMATCH", path, message)]);
      }
      if (sniffed.route === "text") {
        return await readText(path, bytes, extract);
      }
      const { done, findings } = await extract(sniffed.kind, path, bytes);
      return done === undefined
        ? nothing(findings)
        : documentOf(path, sniffed.kind, done, findings);
    },
    get level(): SandboxLevel | undefined {
      return extractor?.level;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Extract = (
  kind: ExtractionKind,
  path: string,
  bytes: Uint8Array,
  language?: string,
) => Promise<{
  readonly done: Extraction | undefined;
  readonly findings: readonly Finding[];
}>;

/** Text is the file itself; for code the child only says where its functions and classes begin. */
async function readText(
  path: string,
  bytes: Uint8Array,
  extract: Extract,
): Promise<ReadDocumentResult> {
  const read = readDocument(path, bytes);
  const { document } = read;
  const { kind, language } = kindOfPath(path);
  if (
    document === undefined ||
    kind !== "code" ||
    language === undefined ||
    !hasGrammar(language)
  ) {
    return read;
  }
  const body = document.bytes.subarray(document.bodyStart);
  const { done, findings } = await extract("code", path, body, language);
  const all = [...read.findings, ...findings];
  if (done === undefined || done.blocks.length === 0) {
    return { document, findings: all };
  }
  return { document: { ...document, blocks: done.blocks }, findings: all };
}

function documentOf(
  path: string,
  kind: ExtractionKind,
  done: Extraction,
  findings: readonly Finding[],
): ReadDocumentResult {
  const text = done.text ?? "";
  if (text.trim() === "") {
    const message = "it holds no text";
    return nothing([...findings, extractionFinding("DOCUMENT_NO_TEXT", path, message)]);
  }
  const bytes = Buffer.from(text, "utf8");
  const secret = inspectSecrets(path, bytes);
  if (secret !== undefined) {
    return nothing([...findings, secret.finding]);
  }
  const title =
    oneLine(done.title ?? "") || oneLine(firstTitle(kind, done)) || titleOfPath(path, "text");
  const summary = oneLine(done.summary ?? "");
  const document: Document = {
    path,
    kind: "extracted",
    title,
    ...(summary === "" ? {} : { summary }),
    metadata: done.metadata ?? {},
    bytes,
    bodyStart: 0,
    blocks: done.blocks,
    ...(done.layer === undefined ? {} : { layer: done.layer }),
  };
  return { document, findings };
}

/** Kinds whose headings name their parts and not the whole: an outline's, a message's. */
const partTitles: ReadonlySet<ExtractionKind> = new Set(["pdf", "mailbox"]);

/** The first heading of level 1, else the heading that the text starts with. */
function firstTitle(kind: ExtractionKind, { blocks }: Extraction): string {
  if (partTitles.has(kind)) {
    return "";
  }
  const first = blocks.find((block) => block.level === 1 && block.title !== "");
  return first?.title ?? blocks[0]?.title ?? "";
}

function nothing(findings: readonly Finding[]): ReadDocumentResult {
  return { document: undefined, findings };
}
