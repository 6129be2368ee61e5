import { existsSync } from "node:fs";

/**
 * A time zone in which it is another date than in UTC, whenever it is: one of the two ends of the
 * world always is a day off. Without the machine's table the rule itself is written (POSIX).
 */
export function otherDateZone(now: Date, hasTable: (zone: string) => boolean = onDisk): string {
  const east = now.getUTCHours() >= 11;
  const zone = east ? "Pacific/Kiritimati" : "Etc/GMT+12";
  if (hasTable(zone)) return zone;
  return east ? "<+14>-14" : "<-12>12";
}

function onDisk(zone: string): boolean {
  return existsSync(`/usr/share/zoneinfo/${zone}`);
}
