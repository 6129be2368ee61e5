import path from "node:path";

import type { Finding } from "@clawkeep/diagnostics";
import type { Admission, Document, ExtractorOptions, WalkedFolder } from "@clawkeep/documents";
import {
  chunkDocument,
  embeddingInput,
  mayPassLater,
  openDocumentReader,
  readListedFiles,
  walkFolder,
} from "@clawkeep/documents";
import { digestBytes } from "@clawkeep/integrity";

import type { CatalogChunk, CatalogDocument } from "../catalog/catalog-document.ts";
import { formatFacts } from "../query/filter/document-facts.ts";
import { fileHint } from "./file-hint.ts";
import { findMoves } from "./find-moves.ts";

/** Takes each new or changed document before the next file is read: what it holds on to is in memory. */
export interface DocumentSink {
  readonly put: (document: CatalogDocument) => Promise<void>;
  /** What is known of one path is true of another one. */
  readonly move: (from: string, to: string, hint: string | null) => Promise<void>;
}

/** Tokens of a text and the room for one input: what cutting into chunks needs of a model. */
export interface TokenBudget {
  readonly countTokens: (text: string) => number;
  readonly maxTokens: number;
}

/** What a scan is told. */
export interface ScanRequest {
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /** Absolute path of the index folder: never indexed, wherever it lies. */
  readonly folder: string;
  /** What the last run saw; empty to read everything anew. */
  readonly known: ReadonlyMap<string, Omit<CatalogDocument, "chunks">>;
  /** Paths that are never read again, whatever they hold. */
  readonly isForgotten: (file: string) => boolean;
  /** Workspace-relative paths to read instead of walking. */
  readonly list?: readonly string[];
  /** Read every file, whatever its hint says. */
  readonly rehash: boolean;
  /** Called at most once, when the first changed file has to be cut. */
  readonly budget: () => Promise<TokenBudget>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onFile?: (files: number) => void;
  /** Told of each folder before it is listed, but for the index folder. */
  readonly onFolder?: (folder: WalkedFolder) => void;
  readonly signal?: AbortSignal;
  /** What bounds the child process that reads PDFs, office files and code. */
  readonly reader?: ExtractorOptions;
}

/** What changed since the last run. */
export interface Scan {
  /** New and changed documents; each went to the sink. */
  readonly changed: number;
  /** Files whose content is what it was. */
  readonly unchanged: number;
  /** Of the changed ones, those that are known from a path that is gone. */
  readonly moved: number;
  /** Paths that are gone, or may not be read any more. */
  readonly removed: readonly string[];
  /** Unchanged files that have a hint now, and what it is. */
  readonly hints: ReadonlyMap<string, string>;
  /** Everything that a person should know, in the order of the walk. */
  readonly findings: readonly Finding[];
  /** Those of them that are about no document: the file was refused, or is no file. */
  readonly refused: readonly Finding[];
}

/**
 * Compares the workspace with what the last run saw, and reads what differs, one file in memory at a
 * time.
 */
export async function scanWorkspace(request: ScanRequest, sink: DocumentSink): Promise<Scan> {
  const seen = new Set<string>();
  let [changed, movedCount] = [0, 0];
  const hints = new Map<string, string>();
  const findings: Finding[] = [];
  const refused: Finding[] = [];
  const fresh = new Map<string, string | null>();
  let files = 0;
  let budget: TokenBudget | undefined;
  const moves = findMoves(
    request.workspace,
    request.known,
    (file) => seen.has(file) || fresh.has(file),
  );
  const moved: { readonly from: string; readonly to: string; readonly hint: string }[] = [];
  const accept = (file: string): boolean => {
    if (isInside(path.join(request.workspace, file), request.folder) || request.isForgotten(file)) {
      return false;
    }
    files += 1;
    request.onFile?.(files);
    const hint = fileHint(path.join(request.workspace, file), request.now());
    const known = request.known.get(file);
    const same = known !== undefined && hint !== null && known.hint === hint;
    if (!request.rehash && same && isSettled(known.findings, false)) {
      seen.add(file);
      findings.push(...known.findings);
      return false;
    }
    const from = hint === null || request.rehash ? undefined : moves.from(file, hint);
    if (hint !== null && from !== undefined) {
      seen.add(file);
      moved.push({ from, to: file, hint });
      return false;
    }
    fresh.set(file, hint);
    return true;
  };
  await using reader = openDocumentReader(request.reader);
  let ahead: Finding[] = [];
  for await (const admission of admissions(request, accept)) {
    if (admission.kind === "finding") {
      findings.push(admission.finding);
      ahead.push(admission.finding);
      continue;
    }
    const own = ahead.filter(({ file }) => file === admission.path);
    refused.push(...ahead.filter(({ file }) => file !== admission.path));
    ahead = [];
    const hint = fresh.get(admission.path) ?? null;
    fresh.delete(admission.path);
    seen.add(admission.path);
    const known = request.known.get(admission.path);
    const isKnown = known?.digest === admission.digest;
    if (isKnown && isSettled(known.findings, request.rehash)) {
      findings.push(...known.findings.filter((finding) => !own.some(sameAs(finding))));
      if (hint !== null && hint !== known.hint) {
        hints.set(admission.path, hint);
      }
      continue;
    }
    const from = own.length > 0 ? undefined : moves.from(admission.path, admission.digest);
    if (from !== undefined) {
      changed += 1;
      movedCount += 1;
      await sink.move(from, admission.path, hint);
      continue;
    }
    const read = await reader.read(admission.path, admission.bytes);
    // A reader that was told to stop says nothing about the file.
    request.signal?.throwIfAborted();
    findings.push(...read.findings);
    if (isKnown && sameFindings(known.findings, [...own, ...read.findings])) {
      continue;
    }
    budget ??= read.document === undefined ? undefined : await request.budget();
    changed += 1;
    await sink.put({
      path: admission.path,
      digest: admission.digest,
      size: admission.size,
      title: read.document?.title ?? "",
      hint,
      indexed: read.document !== undefined,
      facts: read.document === undefined ? "" : formatFacts(read.document),
      findings: [...own, ...read.findings],
      chunks:
        read.document === undefined || budget === undefined ? [] : chunksOf(read.document, budget),
    });
  }
  refused.push(...ahead);
  for (const { from, to, hint } of moved) {
    await sink.move(from, to, hint);
  }
  const removed = [...request.known.keys()].filter((file) => !seen.has(file));
  changed += moved.length;
  const unchanged = seen.size - changed;
  const all = moved.length + movedCount;
  return { changed, unchanged, moved: all, removed, hints, findings, refused };
}

/** False when the file may be read where it could not be read before. */
function isSettled(findings: readonly Finding[], thorough: boolean): boolean {
  return !findings.some(({ code }) => mayPassLater(code, thorough));
}

function sameFindings(some: readonly Finding[], others: readonly Finding[]): boolean {
  return some.length === others.length && some.every((finding) => others.some(sameAs(finding)));
}

function chunksOf(document: Document, budget: TokenBudget): readonly CatalogChunk[] {
  return chunkDocument(document, budget).map((chunk) => {
    const input = embeddingInput(chunk);
    return { ...chunk, input: digestBytes(input), tokens: budget.countTokens(input) };
  });
}

function admissions(
  request: ScanRequest,
  accept: (file: string) => boolean,
): AsyncIterable<Admission> {
  const options = {
    accept,
    onFolder: (folder: WalkedFolder) => {
      if (!isInside(path.join(request.workspace, folder.path), request.folder)) {
        request.onFolder?.(folder);
      }
    },
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
  return request.list === undefined
    ? walkFolder(request.workspace, options)
    : readListedFiles(request.workspace, request.list, options);
}

function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return (
    relative === "" ||
    (!relative.startsWith(`..${path.sep}`) && relative !== ".." && !path.isAbsolute(relative))
  );
}

function sameAs(finding: Finding): (other: Finding) => boolean {
  return (other) => other.code === finding.code && other.message === finding.message;
}
