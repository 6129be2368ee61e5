export { canonicalJson, parseCanonical } from "./canonical-json.ts";
export { formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";
export type { Checkpoint } from "./checkpoint.ts";
export { appendLeaf, compactRoot, emptyTree, restoreTree } from "./compact-tree.ts";
export type { CompactTree } from "./compact-tree.ts";
export { digestBytes, digestFile, digestHandle, isDigest } from "./digest.ts";
export type { Digest } from "./digest.ts";
export { openEnvelope, preAuthenticationEncoding, signEnvelope } from "./dsse.ts";
export type { DssePayload } from "./dsse.ts";
export type { JsonObject, JsonValue } from "./json-value.ts";
export { leafHash, nodeHash, sameHash } from "./merkle-hash.ts";
export { TreeHasher } from "./tree-hasher.ts";
export {
  consistencyProof,
  inclusionProof,
  treeHash,
  verifyConsistency,
  verifyInclusion,
} from "./merkle-proof.ts";
export type { ConsistencyClaim, InclusionClaim } from "./merkle-proof.ts";
export {
  createKeyPair,
  formatVerifierKey,
  parseSignerKey,
  parseVerifierKey,
  verifierOf,
} from "./note-keys.ts";
export type { KeyPair, NoteSigner, NoteVerifier } from "./note-keys.ts";
export { cosignNote, signNote, unverifiedNoteText, verifyNote } from "./signed-note.ts";
export type { NoteSignature, VerifiedNote } from "./signed-note.ts";
export { decodeBase64, encodeBase64 } from "./strict-base64.ts";
