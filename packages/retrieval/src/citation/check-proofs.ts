import type { Digest } from "@clawkeep/integrity";
import { digestBytes } from "@clawkeep/integrity";

import { collectionsRoot } from "../query/open-collections.ts";
import type { ChunkLeaf } from "../snapshot/snapshot-root.ts";
import type { CitationProof } from "./citation-proof.ts";
import { checkProof } from "./citation-proof.ts";
import type { AnswerClaim, HitClaim } from "./read-claim.ts";
import type { CitationState } from "./verify-citation.ts";
import { verifyCitation } from "./verify-citation.ts";

/** A passage, and whether it is proven to be part of what a root names. */
export interface ProvenPassage {
  readonly collection?: string;
  readonly path: string;
  readonly byteStart: number;
  readonly byteEnd: number;
  readonly chunkDigest: Digest;
  readonly proven: boolean;
  /** Whether the text that the claim shows has the digest; absent when none was shown. */
  readonly text?: "same" | "other" | "unknown";
  /** The file now; absent when no workspace is known. */
  readonly file?: CitationState;
}

/** What a check of proofs came to. */
export interface ProofVerification {
  /** Every passage is proven, and true where the files were looked at. */
  readonly ok: boolean;
  readonly passages: readonly ProvenPassage[];
}

/** What proofs are held against. */
export interface CheckProofsOptions {
  /** The root that is trusted: of a snapshot, or of several (`collectionsRoot`) when the claim names them. */
  readonly root: Digest;
  /** Every passage of it must be proven; default: every proof stands for itself. */
  readonly claim?: AnswerClaim;
  /** Folder that was indexed: the bytes of the file are held against the leaf too. */
  readonly workspace?: string;
}

/** Checks proofs with nothing but a root: no index, no model, no files but those that `workspace` asks for. */
export function checkProofs(
  proofs: readonly CitationProof[],
  { root, claim, workspace }: CheckProofsOptions,
): ProofVerification {
  const of = (leaf: ChunkLeaf, proven: boolean, hit?: HitClaim): ProvenPassage => {
    const { path, byteStart, byteEnd, chunkDigest, documentDigest, locator } = leaf;
    const text = hit === undefined ? undefined : textOf(hit);
    const located = locator === undefined ? {} : { locator };
    const cited = { path, byteStart, byteEnd, chunkDigest, documentDigest, ...located };
    return {
      ...(hit?.collection === undefined ? {} : { collection: hit.collection }),
      ...{ path, byteStart, byteEnd, chunkDigest, proven },
      ...(text === undefined ? {} : { text }),
      ...(workspace === undefined ? {} : { file: verifyCitation(workspace, cited) }),
    };
  };
  const passages =
    claim === undefined
      ? proofs.map((proof) => of(proof.leaf, checkProof(proof, root)))
      : claim.hits.map((hit) => {
          const trusted = rootOf(claim, hit, root);
          const proof = proofs.find(
            (each) => isSame(each.leaf, hit) && trusted !== undefined && checkProof(each, trusted),
          );
          const { locator: _, ...leaf } = hit.citation;
          return of(proof?.leaf ?? leaf, proof !== undefined, hit);
        });
  const ok = passages.every(
    ({ proven, file, text }) =>
      proven && text !== "other" && (file === undefined || file.state === "still-true"),
  );
  return { ok: ok && passages.length > 0, passages };
}

/** The root that a hit's own index has, as far as the trusted root says it. */
function rootOf(
  { collections }: AnswerClaim,
  { collection }: HitClaim,
  root: Digest,
): Digest | undefined {
  if (collection === undefined) {
    return root;
  }
  const named = collections ?? [];
  return collectionsRoot(named) === root
    ? named.find(({ name }) => name === collection)?.snapshotRoot
    : undefined;
}

function isSame(leaf: ChunkLeaf, { citation }: HitClaim): boolean {
  return (
    leaf.path === citation.path &&
    leaf.byteStart === citation.byteStart &&
    leaf.byteEnd === citation.byteEnd &&
    leaf.chunkDigest === citation.chunkDigest &&
    leaf.documentDigest === citation.documentDigest
  );
}

/**
 * Whether the text that was shown has the digest. Where characters of it were written as `\u{…}`, or it was cut
 * to a budget, only the file or the index can tell.
 */
function textOf({ text, shortened, citation }: HitClaim): ProvenPassage["text"] {
  if (text === undefined || digestBytes(text) === citation.chunkDigest) {
    return text === undefined ? undefined : "same";
  }
  return shortened || text.includes("\\u{") ? "unknown" : "other";
}
