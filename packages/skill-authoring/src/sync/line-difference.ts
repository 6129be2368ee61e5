/** Lines around a change that are shown with it. */
const around = 2;

/** What changes from one text to another: what both begin and end with is left out, all between is shown. */
export function lineDifference(before: string, after: string): string {
  if (before === after) return "";
  const old = before.split("\n");
  const fresh = after.split("\n");
  let first = 0;
  while (first < old.length && first < fresh.length && old[first] === fresh[first]) first += 1;
  let last = 0;
  const most = Math.min(old.length, fresh.length) - first;
  while (last < most && old[old.length - 1 - last] === fresh[fresh.length - 1 - last]) last += 1;
  const shown = (mark: string, lines: readonly string[]): readonly string[] =>
    lines.map((line) => `${mark}${line}`);
  return [
    `@@ line ${first + 1} @@`,
    ...shown(" ", old.slice(Math.max(0, first - around), first)),
    ...shown("-", old.slice(first, old.length - last)),
    ...shown("+", fresh.slice(first, fresh.length - last)),
    ...shown(" ", old.slice(old.length - last, old.length - last + around)),
  ].join("\n");
}
