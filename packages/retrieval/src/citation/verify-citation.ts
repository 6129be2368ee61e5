import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";

import { digestBytes } from "@clawkeep/integrity";

import type { Citation } from "../query/answer.ts";

/** Whether a passage still stands where a citation says. */
export type CitationState =
  /** The bytes of the range have the chunk's digest. The rest of the file may have changed. */
  | { readonly state: "still-true"; readonly documentChanged: boolean }
  /** The file is there and says something else at that place. */
  | { readonly state: "changed"; readonly movedTo?: number }
  /** There is no such file any more, or it may not be read. */
  | { readonly state: "gone" };

/** The part of a citation that a check needs. */
export type CitationClaim = Pick<
  Citation,
  "path" | "byteStart" | "byteEnd" | "chunkDigest" | "documentDigest"
> & {
  /** Present when the passage is text that was taken out of the file. */
  readonly locator?: unknown;
};

/**
 * Compares a citation with the file that it names.
 *
 * @param workspace Folder that the citation's path is relative to.
 * @returns `changed` with `movedTo`, the passage's new first byte, when it stands elsewhere in the
 *   file on a line start.
 */
export function verifyCitation(workspace: string, citation: CitationClaim): CitationState {
  const bytes = readInside(workspace, citation.path);
  return bytes === undefined ? { state: "gone" } : compareCitation(bytes, citation);
}

/**
 * {@link verifyCitation} with the file's bytes at hand. A passage with a locator is no range of bytes: it
 * still stands while the file is what it was, since the same file always gives the same text.
 */
export function compareCitation(
  bytes: Uint8Array,
  citation: Omit<CitationClaim, "path">,
): CitationState {
  if (citation.locator !== undefined) {
    const same = digestBytes(bytes) === citation.documentDigest;
    return same ? { state: "still-true", documentChanged: false } : { state: "changed" };
  }
  const { byteStart, byteEnd, chunkDigest } = citation;
  const length = byteEnd - byteStart;
  const matches = (start: number): boolean =>
    digestBytes(bytes.subarray(start, start + length)) === chunkDigest;
  if (length >= 0 && byteEnd <= bytes.length && matches(byteStart)) {
    return {
      state: "still-true",
      documentChanged: digestBytes(bytes) !== citation.documentDigest,
    };
  }
  const movedTo = findMoved(bytes, length, matches);
  return { state: "changed", ...(movedTo === undefined ? {} : { movedTo }) };
}

/** Lines that are tried as the passage's new place: enough for any document, little for a flood. */
const mostLinesTried = 20_000;

function findMoved(
  bytes: Uint8Array,
  length: number,
  matches: (start: number) => boolean,
): number | undefined {
  let start = 0;
  for (let line = 0; line < mostLinesTried && start + length <= bytes.length; line += 1) {
    if (matches(start)) {
      return start;
    }
    const next = bytes.indexOf(0x0a, start);
    if (next < 0) {
      return undefined;
    }
    start = next + 1;
  }
  return undefined;
}

/** The bytes of a regular file inside the workspace, reached through no link; undefined otherwise. */
export function readInside(workspace: string, file: string): Uint8Array | undefined {
  const parts = file.split("/");
  if (
    path.isAbsolute(file) ||
    file.includes("\0") ||
    parts.some((part) => ["", ".", ".."].includes(part))
  ) {
    return undefined;
  }
  try {
    const full = path.join(realpathSync(workspace), ...parts);
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const descriptor = openSync(full, flags);
    try {
      // Asked after opening: a folder on the way may have become a link before it.
      if (!fstatSync(descriptor).isFile() || realpathSync(full) !== full) {
        return undefined;
      }
      return readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}
