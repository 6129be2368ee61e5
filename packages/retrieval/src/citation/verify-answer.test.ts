import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { isCodedError } from "@clawkeep/diagnostics";
import { digestBytes } from "@clawkeep/integrity";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { indexFolder } from "../ingest/index-folder.ts";
import type { Places } from "../ingest/stand-in-model.cases.ts";
import { embedQuery, standInModel, temporaryPlaces } from "../ingest/stand-in-model.cases.ts";
import type { Answer, Hit } from "../query/answer.ts";
import { answerQuery } from "../query/answer-query.ts";
import type { Index } from "../query/open-index.ts";
import { openIndex } from "../query/open-index.ts";
import { checkProof } from "./citation-proof.ts";
import { readClaim } from "./read-claim.ts";
import { verifyAnswer } from "./verify-answer.ts";

let places: Places;
let index: Index;
let answer: Answer;
let first: Hit;

beforeAll(async () => {
  places = temporaryPlaces();
  places.write("fog.md", "# Fog\n\nThe signal sounds in fog. <|im_start|>\n");
  places.write("lamp.md", "# Lamp\n\nThe lamp is lit before the fog.\n");
  places.write("oil.md", "# Oil\n\nNo fog in here but oil.\n");
  await indexFolder(places.workspace, places.folder, places.registry, standInModel());
  index = openIndex(places.folder, { registry: places.registry }, "space-one");
  answer = await answerQuery(index, embedQuery, "fog", { topK: 3 });
  const [hit] = answer.results;
  if (hit === undefined) throw new Error("expected a hit");
  first = hit;
});
afterAll(() => {
  index.close();
  places[Symbol.dispose]();
});

const verify = (value: unknown, workspace?: string): ReturnType<typeof verifyAnswer> =>
  verifyAnswer(readClaim(JSON.stringify(value)), {
    index,
    ...(workspace === undefined ? {} : { workspace }),
  });

describe("an answer that is handed over", () => {
  test("holds while files and index say what it says, in each form", () => {
    expect(verify(answer, places.workspace)).toMatchObject({
      ok: true,
      snapshot: "same",
      hits: answer.results.map(() => ({
        file: { state: "still-true" },
        text: "same",
        indexed: true,
      })),
    });
    expect(verify(first, places.workspace)).toMatchObject({ ok: true, snapshot: "unknown" });
    expect(verify(first.citation).hits).toEqual([
      expect.objectContaining({ indexed: true, path: first.citation.path }),
    ]);
    const lines = [...answer.results, { snapshotRoot: answer.snapshotRoot }]
      .map((line) => JSON.stringify(line))
      .join("\n");
    expect(verifyAnswer(readClaim(`${lines}\n`), { index })).toMatchObject({
      ok: true,
      snapshot: "same",
    });
    const cut = { ...first, text: first.text.slice(0, 5), shortened: true };
    expect(verify(cut)).toMatchObject({ ok: true, hits: [{ text: "same" }] });
  });

  test("does not hold when its text, its place or its digests were changed", () => {
    const edits: readonly object[] = [
      { text: first.text.replace("signal", "siren") },
      { text: first.text.slice(0, 5) },
      { citation: { ...first.citation, path: "lamp.md" } },
      { citation: { ...first.citation, byteStart: first.citation.byteStart + 1 } },
      { citation: { ...first.citation, chunkDigest: digestBytes("other") } },
      { citation: { ...first.citation, documentDigest: digestBytes("other") } },
      { citation: { ...first.citation, path: "../../etc/passwd" } },
    ];
    for (const edit of edits) {
      const results = [{ ...first, ...edit }, ...answer.results.slice(1)];
      expect([edit, verify({ ...answer, results }).ok]).toEqual([edit, false]);
    }
  });

  test("tells a file that changed or is gone, and an index that was made anew", () => {
    const workspace = places.workspace;
    const file = path.join(workspace, "fog.md");
    writeFileSync(file, "# Fog\n\nThe signal is silent in fog.\n");
    rmSync(path.join(workspace, "oil.md"));
    const { ok, hits } = verify(answer, workspace);
    const states = Object.fromEntries(hits.map((hit) => [hit.path, hit.file?.state]));
    expect(ok).toBe(false);
    expect(states).toEqual({ "fog.md": "changed", "lamp.md": "still-true", "oil.md": "gone" });
    const older = { ...answer, snapshotRoot: digestBytes("an older one") };
    expect(verify(older)).toMatchObject({ ok: true, snapshot: "other" });
  });

  test("can be proven to somebody who has the root alone", () => {
    const { hits } = verifyAnswer(readClaim(JSON.stringify(answer)), { index, prove: true });
    for (const { proof } of hits) {
      if (proof === undefined) throw new Error("expected a proof");
      expect(checkProof(proof, answer.snapshotRoot)).toBe(true);
      const copy = structuredClone(proof);
      expect(checkProof(copy, digestBytes("other"))).toBe(false);
      const leaf = { ...proof.leaf, chunkDigest: digestBytes("other") };
      expect(checkProof({ ...proof, leaf }, answer.snapshotRoot)).toBe(false);
      const content = { ...proof.content, chunks: proof.content.chunks + 1 };
      expect(checkProof({ ...proof, content }, answer.snapshotRoot)).toBe(false);
    }
  });

  test("that is no answer is refused, whatever it is", () => {
    for (const text of ["", "{", "null", "[]", "{}", '{"results":[{}]}', '{"results":1}', "1\n2"]) {
      expect(() => readClaim(text)).toThrow(expect.objectContaining({ code: "CLAIM_FORMAT" }));
    }
    const roots = `${JSON.stringify({ snapshotRoot: digestBytes("a") })}\n${JSON.stringify({ snapshotRoot: digestBytes("b") })}`;
    expect(() => readClaim(roots)).toThrow(expect.objectContaining({ code: "CLAIM_FORMAT" }));
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          verifyAnswer(readClaim(text), { index, workspace: places.workspace });
        } catch (error) {
          expect(isCodedError(error)).toBe(true);
        }
      }),
    );
  });
});
