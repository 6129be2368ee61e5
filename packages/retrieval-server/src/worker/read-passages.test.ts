import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { openEmbedder } from "@clawkeep/embedder";
import { modelManifest } from "@clawkeep/model-minilm";
import { indexFolder, openIndex } from "@clawkeep/retrieval";
import { expect, test } from "vitest";

import { readPassages } from "./read-passages.ts";

test("a passage of a web page is read with the place in the page that a query would cite", async () => {
  const base = mkdtempSync(path.join(tmpdir(), "clawkeep-read-"));
  try {
    const [workspace, folder, registry] = ["files", "index", "registry"].map((name) =>
      path.join(base, name),
    ) as [string, string, string];
    mkdirSync(workspace);
    writeFileSync(path.join(workspace, "page.html"), "<h1>Install</h1>\n<p>Unpack it.</p>\n");
    const model = { spaceId: modelManifest.spaceId, open: () => openEmbedder({ workers: 0 }) };
    await indexFolder(workspace, folder, registry, model);
    using index = openIndex(folder, { registry }, modelManifest.spaceId);
    const { passages } = readPassages(index, { path: "page.html", lineStart: 1, lineEnd: 9 });
    expect(passages[0]?.citation).toMatchObject({
      path: "page.html",
      locator: { layer: "html-1", unit: "line", first: 1 },
    });
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
