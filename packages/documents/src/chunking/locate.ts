import type { Locator, TextLayer, TextUnit } from "../extraction/locator.ts";

/** Gives the locator of a range of a text layer; ranges come in ascending order. */
export function locatorOf(
  { layer, unit, units }: TextLayer,
  text: string,
): (start: number, end: number) => Locator | undefined {
  let from = 0;
  return (start, end) => {
    while (from < units.length && (units[from]?.end ?? 0) <= start) {
      from += 1;
    }
    let to = from;
    while (to + 1 < units.length && (units[to + 1]?.start ?? Infinity) < end) {
      to += 1;
    }
    const [head, tail] = [units[from], units[to]];
    if (head === undefined || tail === undefined) {
      return undefined;
    }
    const { first, member } = head;
    const last = largest(units.slice(from, to + 1));
    return {
      layer,
      unit,
      first,
      last,
      ...(member === undefined ? {} : { member }),
      spanStart: Buffer.byteLength(text.slice(head.start, Math.max(start, head.start))),
      spanEnd: Buffer.byteLength(text.slice(tail.start, end)),
    };
  };
}

function largest(units: readonly TextUnit[]): number {
  return units.reduce((most, { last }) => Math.max(most, last), 0);
}
