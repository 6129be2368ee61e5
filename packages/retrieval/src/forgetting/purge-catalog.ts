import path from "node:path";

import { catalogFile } from "../ingest/identify-index.ts";
import type { IndexRun } from "../ingest/index-run.ts";

/**
 * Writes the catalog anew without its free pages, when something was forgotten since the last time.
 * SQLite overwrites what is deleted already; this leaves no place where it might not have.
 */
export async function purgeCatalog({ catalog, options, place }: IndexRun): Promise<void> {
  if (catalog.fact("purge") !== undefined) {
    await options.faults?.("catalog:purge", { path: path.join(place, catalogFile) });
    catalog.rewrite();
    catalog.transaction(() => catalog.clearFact("purge"));
  }
}
