import type { FaultHook } from "@clawkeep/durable-files";

import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogDocument } from "../catalog/catalog-document.ts";

/** Bytes of text between two commits: what a scan keeps in memory, at most, beside one file. */
const bytesPerCommit = 1 << 20;

/** Puts documents into the catalog, some at a time, in transactions of their own. */
export interface DocumentStore {
  put(document: CatalogDocument): Promise<void>;
  /** What is known of one path belongs to another one from now on. */
  move(from: string, to: string, hint: string | null): Promise<void>;
  /** Commits what is left. */
  flush(): Promise<void>;
}

/**
 * From the first document on, the catalog says that a run is under way, so that a run that ends here
 * is taken up by the next one, whatever that finds changed.
 */
export function storeDocuments(catalog: Catalog, faults?: FaultHook): DocumentStore {
  let waiting: (() => void)[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (waiting.length > 0) {
      await faults?.("catalog:documents", { path: "catalog.sqlite" });
      catalog.transaction(() => {
        catalog.setFact("job", JSON.stringify({ stage: "scan" }));
        waiting.forEach((change) => change());
      });
      waiting = [];
      bytes = 0;
    }
  };
  const add = async (size: number, change: () => void): Promise<void> => {
    waiting.push(change);
    // A file without chunks still takes a row.
    bytes += size + 1024;
    if (bytes >= bytesPerCommit) {
      await flush();
    }
  };
  return {
    put: (document) => add(document.size, () => catalog.putDocument(document)),
    move: (from, to, hint) => add(0, () => catalog.moveDocument(from, to, hint)),
    flush,
  };
}
