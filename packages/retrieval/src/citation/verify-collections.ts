import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";

import type { AnswerClaim } from "./read-claim.ts";
import type { AnswerVerification, HitVerification, VerifyAnswerOptions } from "./verify-answer.ts";
import { verifyAnswer } from "./verify-answer.ts";

/**
 * Holds an answer from several indexes against each of them: a passage against the files, the index and the
 * snapshot root of its own collection. An answer from one index is {@link verifyAnswer}.
 *
 * @param optionsOf What is at hand of a collection; of the one index for undefined.
 * @throws CodedError `COLLECTION_UNKNOWN` when the answer cites one that is not at hand.
 */
export function verifyCollections(
  claim: AnswerClaim,
  optionsOf: (collection: string | undefined) => VerifyAnswerOptions | undefined,
): AnswerVerification {
  const cited = [...new Set(claim.hits.map(({ collection }) => collection))];
  const results = (cited.length === 0 ? [undefined] : cited).map((collection) => {
    const options = optionsOf(collection);
    if (options === undefined) {
      throw new CodedError({
        code: "COLLECTION_UNKNOWN",
        message: `the answer cites ${collection === undefined ? "an index without a name" : `the collection ${escapeForTerminal(collection.slice(0, 80))}`}, which is not at hand`,
        hint: "name the indexes with --index or --collection as for the query",
      });
    }
    const snapshotRoot =
      collection === undefined
        ? claim.snapshotRoot
        : claim.collections?.find(({ name }) => name === collection)?.snapshotRoot;
    const hits = claim.hits.filter((hit) => hit.collection === collection);
    const part = { hits, ...(snapshotRoot === undefined ? {} : { snapshotRoot }) };
    return { collection, hits, verified: verifyAnswer(part, options) };
  });
  const hits = claim.hits.flatMap((hit): readonly HitVerification[] => {
    const part = results.find(({ collection }) => collection === hit.collection);
    const found = part?.verified.hits[part.hits.indexOf(hit)];
    const { collection } = hit;
    return found === undefined
      ? []
      : [{ ...(collection === undefined ? {} : { collection }), ...found }];
  });
  const states = results.map(({ verified }) => verified.snapshot);
  const snapshot = states.includes("other")
    ? "other"
    : states.every((state) => state === "same")
      ? "same"
      : "unknown";
  return { ok: results.every(({ verified }) => verified.ok), snapshot, hits };
}
