import { z } from "zod";

import type { Block } from "../reading/block.ts";
import type { MetadataValue } from "../document.ts";
import type { TextLayer } from "./locator.ts";

/** What a child process took out of a file. */
export interface Extraction {
  /** The text layer; absent for code, whose text is the file itself. */
  readonly text?: string;
  readonly title?: string;
  readonly summary?: string;
  readonly metadata?: Readonly<Record<string, MetadataValue>>;
  readonly layer?: TextLayer;
  /** In the order of the text, without overlap. */
  readonly blocks: readonly Block[];
  /** What could not be read; the rest is there. */
  readonly warnings?: readonly string[];
}

/** Why a file could not be read: the child's own words, which a hostile file can choose. */
export interface ExtractionRefusal {
  readonly code: string;
  readonly message: string;
}

const at = z.int().nonnegative();
const label = z.string().max(400);

const block = z.strictObject({
  kind: z.enum(["heading", "paragraph", "list", "table", "code", "html"]),
  start: at,
  end: at,
  level: at.max(64),
  title: label,
  trail: z.array(label).max(64).exactOptional(),
  forced: z.boolean().exactOptional(),
});

const unit = z.strictObject({
  start: at,
  end: at,
  first: at,
  last: at,
  member: z.string().max(1024).exactOptional(),
});

const scalar = z.union([z.string().max(4096), z.number(), z.boolean()]);

const extraction: z.ZodType<Extraction> = z.strictObject({
  text: z.string().exactOptional(),
  title: label.exactOptional(),
  summary: z.string().max(4096).exactOptional(),
  metadata: z.record(label, z.union([scalar, z.array(scalar).max(256)])).exactOptional(),
  layer: z
    .strictObject({
      layer: z.string().max(64),
      unit: z.enum(["page", "slide", "section", "paragraph", "cell", "message", "line", "row"]),
      units: z.array(unit),
    })
    .exactOptional(),
  blocks: z.array(block),
  warnings: z.array(z.string().max(1000)).max(32).exactOptional(),
});

/** One line of a child process. */
export type ExtractionReply =
  | { readonly id: number; readonly done: Extraction }
  | { readonly id: number; readonly refused: ExtractionRefusal };

const reply: z.ZodType<ExtractionReply> = z.union([
  z.strictObject({ id: at, done: extraction }),
  z.strictObject({
    id: at,
    refused: z.strictObject({
      code: z.string().regex(/^DOCUMENT_[A-Z_]{1,40}$/u),
      message: z.string().max(1000),
    }),
  }),
]);

/**
 * Parses a line that came out of a child process. A file may have taken the child over, so nothing of
 * it is trusted: shapes, orders and ranges are checked here, once.
 *
 * @param text What blocks and units must lie in when the child gives no text of its own.
 * @returns undefined for a line that is not a reply.
 */
export function parseReply(
  line: Uint8Array,
  text: string | undefined,
): ExtractionReply | undefined {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("utf8"));
  } catch {
    return undefined;
  }
  const parsed = reply.safeParse(json);
  if (!parsed.success) {
    return undefined;
  }
  if ("done" in parsed.data) {
    const { done } = parsed.data;
    const own = done.text ?? text;
    const length = own?.length ?? 0;
    const whole =
      own !== undefined &&
      own.isWellFormed() &&
      isOrdered(done.blocks, length) &&
      isOrdered(done.layer?.units ?? [], length) &&
      (done.text === undefined) === (done.layer === undefined);
    return whole ? parsed.data : undefined;
  }
  return parsed.data;
}

function isOrdered(
  ranges: readonly { readonly start: number; readonly end: number }[],
  length: number,
): boolean {
  let behind = 0;
  for (const { start, end } of ranges) {
    if (start < behind || end < start) {
      return false;
    }
    behind = end;
  }
  return behind <= length;
}
