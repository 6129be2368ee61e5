import type { HistoryRecord } from "../store/record.ts";

/**
 * The generation that a rollback goes back to: the one below the current one on the way that led to it, with other files.
 * What was rolled back from is not on that way: nobody goes back to what was given up, unless it is named.
 *
 * @param history All attempts, oldest first.
 */
export function generationBefore(history: readonly HistoryRecord[]): HistoryRecord | undefined {
  const way: HistoryRecord[] = [];
  for (const record of history) {
    if (record.outcome !== "applied") continue;
    // What was rolled back to stands where it once stood.
    const { of } = record;
    const from = of === undefined ? -1 : way.findIndex((one) => (one.of ?? one.number) === of);
    if (from >= 0) way.length = from;
    way.push(record);
  }
  const files = JSON.stringify(way.at(-1)?.files);
  return way.findLast((record) => JSON.stringify(record.files) !== files);
}
