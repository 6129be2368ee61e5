import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** The name of the file that begins with the record of that sequence. */
export function segmentName(first: number): string {
  return first === 0 ? "log.ndjson" : `log.${first}.ndjson`;
}

/** The sequence of the first record of a file of that name; undefined when it is no segment's name. */
export function firstOfSegment(name: string): number | undefined {
  if (name === "log.ndjson") return 0;
  const [, digits] = /^log\.([1-9][0-9]{0,15})\.ndjson$/u.exec(name) ?? [];
  const first = Number(digits);
  return Number.isSafeInteger(first) ? first : undefined;
}

/** The segments of a log's folder, by the sequence of their first record, in order. */
export async function listSegments(folder: string): Promise<readonly number[]> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return names
    .map(firstOfSegment)
    .filter((first) => first !== undefined)
    .sort((a, b) => a - b);
}

/** Names of the segments that are regular files. */
export async function regularSegments(folder: string): Promise<readonly string[]> {
  const there = (await listSegments(folder)).map(async (first) => {
    const name = segmentName(first);
    const stats = await lstat(join(folder, name)).catch(() => undefined);
    return stats?.isFile() === true ? [name] : [];
  });
  return (await Promise.all(there)).flat();
}
