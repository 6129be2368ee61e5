/**
 * Writes the index that the cases of `skills/local-rag` are asked of, out of `fixtures/corpora/lighthouse`:
 * `node --conditions=source apps/local-rag/scripts/write-case-index.ts`. To be run when the model, the
 * analyser, the chunker or the corpus changes; the last digits of the vectors depend on the processor.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { openEmbedder } from "@clawkeep/embedder";
import { canonicalJson, parseCanonical } from "@clawkeep/integrity";
import { modelManifest } from "@clawkeep/model-minilm";
import { indexFolder } from "@clawkeep/retrieval";

const root = path.resolve(import.meta.dirname, "../../..");
const cases = path.join(root, "skills/local-rag/cases");
// Not random, so that the files are the same whoever writes them.
const indexId = "11611106011e11611106011e11611106";

const work = mkdtempSync(path.join(tmpdir(), "clawkeep-cases-"));
try {
  const workspace = path.join(work, "lighthouse");
  const folder = path.join(work, "index");
  cpSync(path.join(root, "fixtures/corpora/lighthouse"), workspace, { recursive: true });
  const embedder = await openEmbedder({ workers: 0, verify: true });
  const report = await indexFolder(workspace, folder, path.join(work, "registry"), {
    spaceId: modelManifest.spaceId,
    open: () => Promise.resolve(embedder),
  });
  await embedder.close();
  for (const part of ["index", "registry"]) {
    rmSync(path.join(cases, part), { recursive: true, force: true });
    mkdirSync(path.join(cases, part), { recursive: true });
  }
  cpSync(path.join(folder, "segments"), path.join(cases, "index/segments"), { recursive: true });
  const snapshot = parseCanonical(
    readFileSync(path.join(folder, "snapshot.json"), "utf8").trimEnd(),
  );
  writeFileSync(
    path.join(cases, "index/snapshot.json"),
    `${canonicalJson({ ...(snapshot as Record<string, never>), indexId })}\n`,
  );
  writeFileSync(
    path.join(cases, `registry/${indexId}.json`),
    `${canonicalJson({
      format: 1,
      indexId,
      path: "/lighthouse/.clawkeep/index",
      snapshotRoots: [report.snapshotRoot],
      workspace: "/lighthouse",
    })}\n`,
  );
  process.stdout.write(`${report.documents} documents, ${report.chunks} passages\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
