import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "vitest";

import { verifyCitation } from "../citation/verify-citation.ts";
import { verifyIndex } from "../citation/verify-index.ts";
import { answerQuery } from "../query/answer-query.ts";
import { openIndex } from "../query/open-index.ts";
import { indexFolder } from "./index-folder.ts";
import { embedQuery, standInModel, temporaryPlaces } from "./stand-in-model.cases.ts";

const page = "<h1>Install</h1>\n<p>Unpack the archive\nand run the script.</p>\n";

test("a passage out of a web page is cited by its lines in the file, until the file changes", async () => {
  using places = temporaryPlaces();
  places.write("site/install.html", page);
  places.write("notes.md", "# Notes\n\nNothing here.\n");
  const { workspace, folder, registry } = places;
  const report = await indexFolder(workspace, folder, registry, standInModel());
  expect(report).toMatchObject({ documents: 2, findings: [] });
  using index = openIndex(folder, { registry }, "space-one");
  const answer = await answerQuery(index, embedQuery, "unpack the archive");
  const [hit] = answer.results;
  expect(hit).toMatchObject({
    text: "Install\n\nUnpack the archive and run the script.",
    source: "site/install.html#line=1-3",
    citation: {
      headings: ["Install"],
      locator: { layer: "html-1", unit: "line", first: 1, last: 3, spanStart: 0, spanEnd: 38 },
    },
  });
  expect(verifyIndex(index, workspace)).toMatchObject({
    ok: true,
    citations: { stillTrue: 2, changed: 0, gone: 0 },
  });
  if (hit === undefined) {
    throw new Error("no hit");
  }
  const file = path.join(workspace, "site/install.html");
  writeFileSync(file, `${readFileSync(file, "utf8")}<!-- -->`);
  expect(verifyCitation(workspace, hit.citation)).toEqual({ state: "changed" });
});

test("a file that cannot be read costs one finding, and the rest is indexed", async () => {
  using places = temporaryPlaces();
  places.write("site/install.html", page);
  places.write("broken.pdf", "%PDF-1.7 and no more");
  places.write("bomb.docx", "PK\u0003\u0004 and no more");
  places.write("letter.epub", "plain text");
  const { workspace, folder, registry } = places;
  const first = await indexFolder(workspace, folder, registry, standInModel());
  expect(first.documents).toBe(1);
  expect(first.findings.map(({ code, file }) => [code, file])).toEqual([
    ["DOCUMENT_DAMAGED", "bomb.docx"],
    ["DOCUMENT_DAMAGED", "broken.pdf"],
    ["DOCUMENT_KIND_MISMATCH", "letter.epub"],
  ]);
  const again = await indexFolder(workspace, folder, registry, standInModel(), { rehash: true });
  expect(again).toMatchObject({ published: false, changed: 0, findings: first.findings });
});

test("a file that the machine lacked a reader for is read when there is one", async () => {
  using places = temporaryPlaces();
  places.write("site/install.html", page);
  const { workspace, folder, registry } = places;
  const missing = { reader: { entry: path.join(places.base, "no-such-program.ts") } };
  const run = (options: object): ReturnType<typeof indexFolder> =>
    indexFolder(workspace, folder, registry, standInModel(), options);
  const code = "DOCUMENT_EXTRACTOR_MISSING";
  expect(await run(missing)).toMatchObject({ documents: 0, findings: [{ code }] });
  expect(await run(missing)).toMatchObject({ documents: 0, changed: 0, findings: [{ code }] });
  expect(await run({})).toMatchObject({ documents: 1, changed: 1, findings: [] });
});
