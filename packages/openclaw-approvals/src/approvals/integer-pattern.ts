/**
 * A regular expression for exactly the whole numbers from `minimum` to `maximum`, spelled as the runtime
 * reads them: no leading zero, no plus, no `-0`.
 *
 * @returns an alternation without anchors or group; one that matches nothing where the range is empty
 */
export function integerPattern(minimum: number, maximum: number): string {
  const low = BigInt(minimum);
  const high = BigInt(maximum);
  const parts: string[] = [];
  if (low < 0n) {
    const nearest = high < 0n ? -high : 1n;
    parts.push(...ranges(nearest, -low).map((part) => `-${part}`));
  }
  if (high >= 0n) parts.push(...ranges(low > 0n ? low : 0n, high));
  return parts.length === 0 ? "(?!)" : parts.join("|");
}

/** One pattern for each part of a range in which every digit varies for itself. */
function ranges(low: bigint, high: bigint): readonly string[] {
  if (low > high) return [];
  const ends = new Set<bigint>([high]);
  for (let power = 10n; ; power *= 10n) {
    const end = low - (low % power) + power - 1n;
    if (end > high) break;
    ends.add(end);
  }
  for (let power = 10n; ; power *= 10n) {
    const end = high + 1n - ((high + 1n) % power) - 1n;
    if (end < low) break;
    ends.add(end);
  }
  const parts: string[] = [];
  let start = low;
  for (const end of [...ends].toSorted((a, b) => (a < b ? -1 : 1))) {
    parts.push(digits(String(start), String(end)));
    start = end + 1n;
  }
  return parts;
}

function digits(from: string, to: string): string {
  return from
    .split("")
    .map((digit, index) => {
      const other = to[index] ?? digit;
      return digit === other ? digit : `[${digit}-${other}]`;
    })
    .join("");
}
