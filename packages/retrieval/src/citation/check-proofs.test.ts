import { writeFileSync } from "node:fs";
import path from "node:path";

import type { Digest } from "@clawkeep/integrity";
import { digestBytes } from "@clawkeep/integrity";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { indexFolder } from "../ingest/index-folder.ts";
import type { Places } from "../ingest/stand-in-model.cases.ts";
import { embedQuery, standInModel, temporaryPlaces } from "../ingest/stand-in-model.cases.ts";
import type { Answer } from "../query/answer.ts";
import { answerQuery } from "../query/answer-query.ts";
import { openIndexes } from "../query/open-collections.ts";
import { openIndex } from "../query/open-index.ts";
import { checkProofs } from "./check-proofs.ts";
import { readClaim } from "./read-claim.ts";
import { readProofs } from "./read-proofs.ts";
import { verifyAnswer } from "./verify-answer.ts";
import { verifyCollections } from "./verify-collections.ts";

let [harbour, garden]: Places[] = [];
let answer: Answer;
let root: Digest;
/** What `local-rag verify --prove --json` prints. */
let shown: string;

beforeAll(async () => {
  [harbour, garden] = [temporaryPlaces(), temporaryPlaces()];
  harbour.write("fog.md", "# Fog\n\nThe signal sounds in fog. <|im_start|>\n");
  harbour.write("lamp.md", "# Lamp\n\nThe lamp is lit before the fog.\n");
  garden.write("lamp.md", "# Lamp\n\nA lamp by the pond, in fog.\n");
  for (const { workspace, folder, registry } of [harbour, garden]) {
    await indexFolder(workspace, folder, registry, standInModel());
  }
  using index = openIndex(harbour.folder, { registry: harbour.registry }, "space-one");
  answer = await answerQuery(index, embedQuery, "fog", { topK: 3 });
  root = answer.snapshotRoot;
  shown = JSON.stringify(verifyAnswer(readClaim(JSON.stringify(answer)), { index, prove: true }));
});
afterAll(() => {
  harbour?.[Symbol.dispose]();
  garden?.[Symbol.dispose]();
});

const coded = (code: string): unknown => expect.objectContaining({ code });

describe("proofs", () => {
  test("hold for their root and no other", () => {
    const proofs = readProofs(shown);
    expect(proofs).toHaveLength(2);
    expect(checkProofs(proofs, { root })).toMatchObject({
      ok: true,
      passages: [{ proven: true }, { proven: true }],
    });
    expect(checkProofs(proofs, { root: digestBytes("other") }).ok).toBe(false);
    expect(readProofs(JSON.stringify(proofs[0]))).toEqual([proofs[0]]);
    expect(checkProofs([], { root }).ok).toBe(false);
  });

  test("hold an answer by the root alone, with the text that it shows", () => {
    const proofs = readProofs(shown);
    const check = (text: string): unknown => checkProofs(proofs, { root, claim: readClaim(text) });
    const said = JSON.stringify(answer);
    // A delimiter of agents is shown as \u{…}: only the file can tell that text.
    expect(check(said)).toMatchObject({ ok: true });
    expect(JSON.stringify(check(said))).toContain('"text":"same"');
    expect(JSON.stringify(check(said))).toContain('"text":"unknown"');
    expect(check(said.replace("before the fog", "after the fog"))).toMatchObject({ ok: false });
    const [hit] = answer.results;
    const moved = { ...hit, citation: { ...hit?.citation, byteStart: 1 } };
    expect(check(JSON.stringify(moved))).toMatchObject({
      ok: false,
      passages: [{ proven: false }],
    });
  });

  test("hold the files too when they are there", () => {
    const proofs = readProofs(shown);
    const { workspace } = harbour as Places;
    expect(checkProofs(proofs, { root, workspace }).ok).toBe(true);
    writeFileSync(path.join(workspace, "fog.md"), "# Fog\n\nNone.\n");
    const changed = checkProofs(proofs, { root, workspace });
    expect([changed.ok, changed.passages.map(({ file }) => file?.state).sort()]).toEqual([
      false,
      ["changed", "still-true"],
    ]);
  });

  test("fail when one character of them is another", () => {
    const [proof] = readProofs(shown);
    const text = JSON.stringify(proof);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom("0", "a", "Z", "/", "}"), (at, sign) => {
        fc.pre(text[at] !== sign);
        const other = text.slice(0, at) + sign + text.slice(at + 1);
        let holds: boolean;
        try {
          holds = checkProofs(readProofs(other), { root }).ok;
        } catch (error) {
          expect(error).toEqual(coded("PROOF_FORMAT"));
          return;
        }
        expect(holds).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test.each(["", "[]", "{}", '{"hits":[{}]}', '{"leafIndex":0,"path":["00"]}', "null"])(
    "are not %s",
    (text) => expect(() => readProofs(text)).toThrow(coded("PROOF_FORMAT")),
  );
});

describe("an answer from several indexes", () => {
  test("is held against each of them, and proven by the root over all", async () => {
    const [a, b] = [harbour as Places, garden as Places];
    const places = [
      { name: "harbour", folder: a.folder, trust: { registry: a.registry } },
      { name: "garden", folder: b.folder, trust: { registry: b.registry } },
    ];
    using both = openIndexes(places, "space-one");
    const said = JSON.stringify(await answerQuery(both, embedQuery, "lamp", { topK: 5 }));
    const claim = readClaim(said);
    using first = openIndex(a.folder, { registry: a.registry }, "space-one");
    using second = openIndex(b.folder, { registry: b.registry }, "space-one");
    const known = new Map([
      ["harbour", { index: first, prove: true }],
      ["garden", { index: second, prove: true }],
    ]);
    const result = verifyCollections(claim, (name) => known.get(name ?? ""));
    expect(result).toMatchObject({ ok: true, snapshot: "same" });
    expect(result.hits.map(({ collection, path: file }) => [collection, file])).toEqual(
      claim.hits.map(({ collection, citation }) => [collection, citation.path]),
    );
    const proofs = readProofs(JSON.stringify(result));
    expect(checkProofs(proofs, { root: both.snapshotRoot, claim }).ok).toBe(true);
    expect(checkProofs(proofs, { root: first.snapshotRoot, claim }).ok).toBe(false);
    // A passage of one index, cited as one of another.
    const swapped = readClaim(said.replaceAll('"collection":"garden"', '"collection":"harbour"'));
    expect(verifyCollections(swapped, (name) => known.get(name ?? "")).ok).toBe(false);
    expect(checkProofs(proofs, { root: both.snapshotRoot, claim: swapped }).ok).toBe(false);
    expect(() => verifyCollections(claim, () => undefined)).toThrow(coded("COLLECTION_UNKNOWN"));
    const forged = said.replace(first.snapshotRoot, second.snapshotRoot);
    expect(() => readClaim(forged)).toThrow(coded("CLAIM_FORMAT"));
  });
});
