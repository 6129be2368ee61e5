import { CodedError } from "@clawkeep/diagnostics";
import type { Citation, Searchable } from "@clawkeep/retrieval";
import { citationOf, quoteForModel, quoteLine } from "@clawkeep/retrieval";
import { hasBit } from "@clawkeep/segment";
import type { ChunkRow } from "@clawkeep/segment";

import type { ReadRequest } from "./requests.ts";

/** One passage of the range, as a query would give it. */
export interface ReadPassage {
  readonly text: string;
  readonly citation: Citation;
}

/** What the index holds of a range of lines: whole passages, so that each digest can be checked. */
export interface ReadAnswer {
  readonly version: 1;
  /** Where several collections are served. */
  readonly collection?: string;
  readonly path: string;
  readonly title: string;
  readonly passages: readonly ReadPassage[];
  readonly snapshotRoot: string;
  /** The first line that did not fit any more: read on from there. */
  readonly nextLine?: number;
}

/** Characters of passages in one answer. */
const longestAnswer = 65_536;

/**
 * Reads a cited range out of the index, never out of the file system: the path is a name that the index
 * knows or does not know.
 *
 * @throws CodedError `READ_UNKNOWN` for a document that is not in the snapshot
 */
export function readPassages(index: Searchable, request: ReadRequest): ReadAnswer {
  const { path, lineStart, lineEnd, collection } = request;
  const rows = rowsOf(index, path, collection);
  const [first] = rows;
  if (first === undefined) {
    throw new CodedError({
      code: "READ_UNKNOWN",
      message: "the index holds no document of this name",
      hint: "Use the path of a citation, exactly, and its collection where it has one.",
    });
  }
  const passages: ReadPassage[] = [];
  let length = 0;
  let nextLine: number | undefined;
  for (const row of rows) {
    if (row.lineEnd < lineStart || row.lineStart > lineEnd) continue;
    const text = quoteForModel(row.text());
    if (passages.length > 0 && length + text.length > longestAnswer) {
      nextLine = row.lineStart;
      break;
    }
    length += text.length;
    passages.push({ text, citation: citationOf(row, collection) });
  }
  return {
    version: 1,
    ...(collection === undefined ? {} : { collection }),
    path,
    title: quoteLine(first.documentTitle),
    passages,
    snapshotRoot: index.snapshotRoot,
    ...(nextLine === undefined ? {} : { nextLine }),
  };
}

/** The living passages of a document, in the order of the text. */
function rowsOf(
  index: Searchable,
  path: string,
  collection: string | undefined,
): readonly ChunkRow[] {
  const rows: ChunkRow[] = [];
  for (const [segment, { table, deleted }] of index.parts.entries()) {
    if (index.collectionOf(segment)?.name !== collection) continue;
    for (let place = 0; place < table.documentCount; place += 1) {
      const document = table.document(place);
      if (document.path !== path) continue;
      for (let chunk = 0; chunk < document.chunkCount; chunk += 1) {
        const id = document.firstChunk + chunk;
        if (deleted === undefined || !hasBit(deleted, id)) rows.push(table.row(id));
      }
    }
  }
  return rows.sort((a, b) => a.byteStart - b.byteStart);
}
