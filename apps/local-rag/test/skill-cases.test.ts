import path from "node:path";

import { modelManifest } from "@clawkeep/model-minilm";
import { openIndex, verifyIndex } from "@clawkeep/retrieval";
import { expect, test } from "vitest";

const root = path.join(import.meta.dirname, "../../..");
const cases = path.join(root, "skills/local-rag/cases");

// Its vectors come from one machine, so that the files are compared by what they say.
test("the cases' index is whole, is of this model, and cites the corpus as it stands", () => {
  const trust = { registry: path.join(cases, "registry") };
  using index = openIndex(path.join(cases, "index"), trust, modelManifest.spaceId);
  const result = verifyIndex(index, path.join(root, "fixtures/corpora/lighthouse"));
  expect(result).toMatchObject({
    ok: true,
    citations: { stillTrue: index.snapshot.chunks, changed: 0, gone: 0 },
    findings: [],
  });
  expect(index.snapshot.documents).toBe(5);
});
