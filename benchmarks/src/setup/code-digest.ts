import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

/** What is measured as ours: the built CLI, and the libraries with whatever native parts they have. */
const measured: readonly string[] = [
  "apps/local-rag/dist",
  "packages/documents/dist",
  "packages/embedder/dist",
  "packages/model-minilm/files",
  "packages/native-engine/dist",
  "packages/native-engine/native",
  "packages/retrieval/dist",
  "packages/segment/dist",
  "packages/vector-index/dist",
];

/** Twelve digits that change with any byte of what is measured as ours. */
export function codeDigest(root: string): string {
  const hash = createHash("sha256");
  for (const folder of measured.map((name) => path.join(root, name))) {
    const files = existsSync(folder)
      ? readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && !/\.(?:map|d\.ts)$/u.test(entry.name))
          .map((entry) => path.join(entry.parentPath, entry.name))
      : [];
    for (const file of files.sort()) {
      hash
        .update(`${path.relative(root, file)}\0`)
        .update(readFileSync(file))
        .update("\0");
    }
  }
  return hash.digest("hex").slice(0, 12);
}
