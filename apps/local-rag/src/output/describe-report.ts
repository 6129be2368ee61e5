import { count } from "@clawkeep/diagnostics";
import type { IndexReport } from "@clawkeep/retrieval";

/** What an indexing run did, in two lines. */
export function describeReport(report: IndexReport): string {
  const { documents, chunks, changed, moved, removed, embedded, published } = report;
  const what = `${count(documents, "document")}, ${count(chunks, "passage")}`;
  const from = moved === 0 ? "" : `, ${moved} of them moved`;
  const done = published
    ? `indexed: ${what} (${count(changed, "file")} changed${from}, ${removed} removed, ${count(embedded, "passage")} embedded)`
    : `nothing changed: ${what}`;
  return `${done}\nsnapshot ${report.snapshotRoot}\n`;
}
