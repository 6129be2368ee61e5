import path from "node:path";

import type { SystemCall } from "./strace-log.ts";

const writes = new Set(["write", "writev", "pwrite64", "pwritev", "ftruncate"]);
const syncs = new Set(["fsync", "fdatasync"]);

/** What {@link checkWriteOrder} looked at, and what was not as it must be. */
export interface OrderReport {
  /** Files that were put in place by a rename. */
  readonly renames: number;
  readonly faults: readonly string[];
}

/**
 * Checks that each file was on the disk before its name was, and the name before whatever rests on it:
 * a renamed file was synced after its last write and before the rename, and its folder was synced
 * after the rename, before the snapshot was published.
 */
export function checkWriteOrder(calls: readonly SystemCall[], within: string): OrderReport {
  const inside = calls.filter((call) => `${call.path}/`.startsWith(`${within}/`));
  const renames = inside.filter(({ name, to }) => name.startsWith("rename") && to !== undefined);
  const published = renames.find(({ to }) => to?.endsWith("/snapshot.json"));
  const faults: string[] = [];
  for (const { began, ended = began, path: from, to = "" } of renames) {
    const before = inside.filter((call) => call.path === from && call.began < began);
    const lastWrite = before.findLast(({ name }) => writes.has(name));
    const synced = before.some(
      (call) =>
        syncs.has(call.name) &&
        call.began > (lastWrite?.ended ?? -1) &&
        (call.ended ?? Number.POSITIVE_INFINITY) < began,
    );
    if (lastWrite !== undefined && !synced) {
      faults.push(`${to}: renamed without being synced after its last write`);
    }
    const folder = path.dirname(to);
    const kept = inside.some(
      (call) =>
        syncs.has(call.name) &&
        call.path === folder &&
        call.began > ended &&
        (published === undefined || began >= published.began || call.began < published.began),
    );
    if (!kept) {
      faults.push(`${to}: its folder was not synced after the rename in time`);
    }
  }
  return { renames: renames.length, faults };
}
