import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "vitest";

import { indexFolder } from "../ingest/index-folder.ts";
import { standInModel, temporaryPlaces } from "../ingest/stand-in-model.cases.ts";
import { hitOf } from "../query/hit.ts";
import { openIndex } from "../query/open-index.ts";
import { passageText } from "../query/passage-text.ts";
import { jsonForModel } from "../query/quote-for-model.ts";

const script = path.join(import.meta.dirname, "../../test/verify-citations.sh");
const words = ["fog", "lamp", "\u00f6l", "\u{1f980}", "keeper", "`wick`", "\u2026", "signal"];

/** The same numbers each time: which citations are drawn is no matter of luck. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31);
}

test("a thousand random citations hold by dd, sed and sha256sum alone", async () => {
  using places = temporaryPlaces();
  const next = numbers(7);
  for (let file = 0; file < 60; file += 1) {
    const sections = Array.from({ length: 10 }, (_, section) => {
      const text = Array.from({ length: 60 }, () => words[next() % words.length]).join(" ");
      return `## Section ${section} of ${file}\r\n\n${text}.\n`;
    });
    places.write(`docs ${file % 7}/page ${file}.md`, `# Page ${file}\n\n${sections.join("\n")}`);
  }
  const { workspace, folder, registry } = places;
  const report = await indexFolder(workspace, folder, registry, standInModel());
  using index = openIndex(folder, { registry }, "space-one");
  const lines = Array.from({ length: 1000 }, () => {
    const row = index.row({ segment: 0, chunk: next() % report.chunks });
    const hit = hitOf({ row, text: passageText(row), score: 0.5 }, undefined, undefined);
    return `${jsonForModel({ version: 1, type: "hit", ...hit })}\n`;
  });
  const verify = (input: readonly string[]): ReturnType<typeof spawnSync> =>
    spawnSync("sh", [script, workspace], { input: input.join(""), encoding: "utf8" });
  const held = verify(lines);
  expect([held.stdout, held.stderr, held.status]).toEqual([
    "1000 citations checked, 0 do not hold\n",
    "",
    0,
  ]);
  const [first = ""] = lines;
  const cited = (JSON.parse(first) as { readonly citation: { readonly path: string } }).citation
    .path;
  writeFileSync(path.join(workspace, cited), "something else\n");
  expect(verify([first])).toMatchObject({ status: 1 });
  expect(verify([])).toMatchObject({ status: 1 });
});
