import { findCgroupPlace } from "./find-place.ts";
import type { CgroupPlace } from "./find-place.ts";
import { clearAbandonedGroups } from "./run-cgroup.ts";

let found: CgroupPlace | undefined | null = null;

/** The place of this process, looked for once. What earlier processes left there when they were killed is cleared. */
export function ownCgroupPlace(): CgroupPlace | undefined {
  if (found === null) {
    const place = process.platform === "linux" ? findCgroupPlace() : undefined;
    found = place !== undefined && "version" in place ? place : undefined;
    if (found !== undefined) {
      void clearAbandonedGroups(found);
    }
  }
  return found;
}

/** It looked as if it could be written and cannot: not tried again. */
export function forgetCgroupPlace(): void {
  found = undefined;
}
