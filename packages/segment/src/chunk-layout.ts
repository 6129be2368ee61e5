/** Byte offsets in a row of the document table: `docs/index-format.md` section 3.3. */
export const documentLayout: {
  readonly stride: 64;
  readonly path: 0;
  readonly title: 8;
  readonly size: 16;
  readonly firstChunk: 24;
  readonly chunkCount: 28;
  readonly digest: 32;
} = { stride: 64, path: 0, title: 8, size: 16, firstChunk: 24, chunkCount: 28, digest: 32 };

/** Byte offsets in a row of the locator table: `docs/index-format.md` section 3.4. */
export const locatorLayout: { readonly stride: 8; readonly text: 0 } = { stride: 8, text: 0 };

/** Byte offsets in a row of the facts: `docs/index-format.md` section 3.4.2. */
export const factsLayout: { readonly stride: 8; readonly text: 0 } = { stride: 8, text: 0 };

/** Byte offsets in a row of the chunk table: `docs/index-format.md` section 3.4. */
export const chunkLayout: {
  readonly stride: 96;
  readonly document: 0;
  readonly ordinal: 4;
  readonly byteStart: 8;
  readonly byteEnd: 16;
  readonly lineStart: 24;
  readonly lineEnd: 28;
  readonly textOffset: 32;
  readonly textLength: 40;
  readonly headings: 44;
  readonly title: 52;
  readonly digest: 64;
} = {
  stride: 96,
  document: 0,
  ordinal: 4,
  byteStart: 8,
  byteEnd: 16,
  lineStart: 24,
  lineEnd: 28,
  textOffset: 32,
  textLength: 40,
  headings: 44,
  title: 52,
  digest: 64,
};
