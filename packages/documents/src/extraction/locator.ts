/** What a format counts its places by. */
export type LocatorUnit =
  | "page"
  | "slide"
  | "section"
  | "paragraph"
  | "cell"
  | "message"
  | "line"
  | "row";

/**
 * Where a chunk stands in a file whose bytes are not its text, such as a page of a PDF. The chunk's
 * own byte and line numbers count in the text that was taken out of the file then.
 */
export interface Locator {
  /** How the text was taken out; the same bytes and layer give the same text, always. */
  readonly layer: string;
  readonly unit: LocatorUnit;
  /** Number of the first unit that the chunk is in, from 1, as the format counts. */
  readonly first: number;
  /** Number of the last one, inclusive. */
  readonly last: number;
  /** The file inside an archive. */
  readonly member?: string;
  /** First byte of the chunk in the UTF-8 text of its first unit. */
  readonly spanStart: number;
  /** One past its last byte, in the text of its last unit. */
  readonly spanEnd: number;
}

/** A unit of a text layer: a page, a slide, a paragraph. Units follow each other without overlap. */
export interface TextUnit {
  /** In UTF-16 code units of the text. */
  readonly start: number;
  readonly end: number;
  /** Its number in the file, from 1. */
  readonly first: number;
  /** The same for most; the last line of a unit that is counted by lines. */
  readonly last: number;
  readonly member?: string;
}

/** How to find a place of a text layer in the file. */
export interface TextLayer {
  readonly layer: string;
  readonly unit: LocatorUnit;
  readonly units: readonly TextUnit[];
}

/** `page=3`, `slide=2-3`, `member=OPS/one.xhtml&paragraph=4`: what stands behind `#` for people. */
export function locatorFragment(locator: Locator): string {
  const { unit, first, last, member } = locator;
  const range = first === last ? String(first) : `${first}-${last}`;
  return `${member === undefined ? "" : `member=${member}&`}${unit}=${range}`;
}
