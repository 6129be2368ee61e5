/** Which program serves: the newer of two replaces the other. */
export interface Release {
  /** `MAJOR.MINOR.PATCH`. */
  readonly version: string;
  /** When the program's file was made, in milliseconds: tells builds of one version apart. */
  readonly built: number;
}

/** Below 0 when `a` is older than `b`, above when it is newer, 0 when both are the same program. */
export function compareReleases(a: Release, b: Release): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let place = 0; place < Math.max(left.length, right.length); place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return a.built - b.built;
}

/** Reads what another process says of itself; undefined when it is no release. */
export function parseRelease(value: unknown): Release | undefined {
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  const { version, built } = value as { readonly version?: unknown; readonly built?: unknown };
  return typeof version === "string" && version.length < 100 && typeof built === "number"
    ? { version, built }
    : undefined;
}

function numbers({ version }: Release): readonly number[] {
  return version.split(".").map((part) => Number.parseInt(part, 10) || 0);
}
