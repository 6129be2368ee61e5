import { createHash } from "node:crypto";

/** How the packaged model turns a text into a vector; any change makes another space. */
export const encoding: {
  readonly tokenizer: string;
  readonly maxTokens: number;
  readonly dimensions: number;
  readonly pooling: string;
  readonly normalization: string;
  readonly dtype: string;
} = {
  tokenizer: "wordpiece-bert-uncased-1",
  maxTokens: 256,
  dimensions: 384,
  pooling: "mean",
  normalization: "l2",
  dtype: "float32",
};

/**
 * SHA-256 over `clawkeep.space.v1`, a zero byte, and the RFC 8785 form of the file digests and the
 * encoding. (All keys are plain and all values are strings or small integers, so sorting is all that
 * RFC 8785 asks for here.)
 */
export function spaceIdOf(digests: {
  readonly model: string;
  readonly weights: string;
  readonly vocabulary: string;
}): `sha256:${string}` {
  const fields = { ...encoding, ...digests };
  const canonical = JSON.stringify(Object.fromEntries(Object.entries(fields).sort(byKey)));
  return `sha256:${createHash("sha256").update(`clawkeep.space.v1\0${canonical}`).digest("hex")}`;
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
