export { addBit, countBits, createBitset, hasBit } from "./bitset.ts";
export type { Bitset } from "./bitset.ts";
export type {
  ChunkInput,
  ChunkRow,
  ChunkTable,
  DocumentInput,
  DocumentRow,
} from "./chunk-row.ts";
export { bytesOf } from "./section-data.ts";
export type { SectionData } from "./section-data.ts";
export { sectionId } from "./section-id.ts";
export type { Segment, SectionEntry } from "./segment.ts";
