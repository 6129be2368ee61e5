import { slotHeadBytes } from "./head.ts";
import { maxLineBytes } from "./record-schema.ts";

/** What is read of a log's files without listing its folder. */
export interface SegmentReader {
  /** The files of the head that are there. */
  readonly heads: readonly Uint8Array[];
  /** The beginning of a segment; undefined when it is not there. */
  readonly beginning: (first: number, length: number) => Promise<Uint8Array | undefined>;
}

/**
 * The segments that are there, in order, for one who may read them and not list their folder: the head
 * names the last, and each begins with the name of the one before. Nothing of it is believed; it only
 * says which files to look at.
 */
export async function chainedSegments(reader: SegmentReader): Promise<readonly number[]> {
  const heads = reader.heads.map(bodyOf);
  let first: number | undefined = Math.max(
    0,
    ...heads.map(({ segment }) => numberOf(segment) ?? 0),
  );
  const found: number[] = [];
  while (first !== undefined) {
    const bytes = await reader.beginning(first, maxLineBytes);
    if (bytes === undefined) {
      break;
    }
    found.unshift(first);
    const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const written = parse(line.subarray(0, Math.max(0, line.indexOf(0x0a))));
    // The first line of the last segment may be in the head yet, and not in the file.
    const pending = heads.flatMap((head) =>
      Array.isArray(head["pending"]) ? head["pending"] : [],
    );
    const record = [written, ...pending.map(objectOf)].find(
      ({ type, sequence }) => type === "segment-started" && sequence === first,
    );
    const previous = numberOf(record?.["previous"]);
    first = first > 0 && previous !== undefined && previous < first ? previous : undefined;
  }
  return found;
}

function bodyOf(head: Uint8Array): Readonly<Record<string, unknown>> {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  const end = bytes.indexOf(0x0a, slotHeadBytes);
  return end < 0 ? {} : parse(bytes.subarray(slotHeadBytes, end));
}

function parse(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(bytes.toString("utf8")));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function numberOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
