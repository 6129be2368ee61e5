export type {
  Admission,
  AdmissionFinding,
  AdmissionOptions,
  AdmittedFile,
  WalkedFolder,
} from "./admission/admitted-file.ts";
export { readListedFiles } from "./admission/read-listed-files.ts";
export { walkFolder } from "./admission/walk-folder.ts";
export { embeddingInput } from "./chunk.ts";
export type { Chunk } from "./chunk.ts";
export { chunkDocument, chunkerId } from "./chunking/chunk-document.ts";
export type { ChunkBudget } from "./chunking/chunk-document.ts";
export type { Document, DocumentKind, MetadataValue, ReadDocumentResult } from "./document.ts";
export { readDocument } from "./reading/read-document.ts";
export { openDocumentReader } from "./extraction/document-reader.ts";
export type { DocumentReader } from "./extraction/document-reader.ts";
export { mayPassLater } from "./extraction/extraction-findings.ts";
export type { ExtractorOptions } from "./extraction/extractor.ts";
export { locatorFragment } from "./extraction/locator.ts";
export type { Locator, LocatorUnit, TextLayer, TextUnit } from "./extraction/locator.ts";
