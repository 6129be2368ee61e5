export { digestBytes, digestFile, digestHandle, isDigest } from "./digest.ts";
export type { Digest } from "./digest.ts";
export type { JsonObject, JsonValue } from "./json-value.ts";
