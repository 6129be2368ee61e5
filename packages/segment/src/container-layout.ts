/** Sizes and offsets of the container: `docs/index-format.md` section 2. */
export const magic: Uint8Array = Uint8Array.of(0x43, 0x4b, 0x53, 0x45, 0x47, 0x0d, 0x0a, 0x1a);
export const majorVersion = 1;
export const minorVersion = 0;
export const headerBytes = 128;
/** The digest field starts here; it covers what lies before it, and the table. */
export const digestOffset = 96;
export const entryBytes = 96;
const alignment = 64;
export const digestBytes = 32;
export const maxSections = 1024;
export const maxChunks: number = 2 ** 31 - 1;
/**
 * 8 KiB. Rescoring reads about 100 scattered rows of 768 bytes: smaller blocks cost less hashing
 * there, larger ones a shorter digest list; 8 KiB is a choice between the two, not a measured best.
 */
export const blockSizeLog2 = 13;
export const minBlockSizeLog2 = 12;
export const maxBlockSizeLog2 = 20;

/** Rounds a file position up to the next section start. */
export function align(position: number): number {
  return Math.ceil(position / alignment) * alignment;
}

/** Blocks of `2 ** blockLog2` bytes that cover `length` bytes. */
export function blocksIn(length: number, blockLog2: number): number {
  return Math.ceil(length / 2 ** blockLog2);
}
