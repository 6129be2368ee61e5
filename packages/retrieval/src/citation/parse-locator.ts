import type { Locator, LocatorUnit } from "@clawkeep/documents";

const units: ReadonlySet<string> = new Set<LocatorUnit>([
  "page",
  "slide",
  "section",
  "paragraph",
  "cell",
  "message",
  "line",
  "row",
]);

/**
 * Reads the locator of a chunk, as a segment has it. Checked by hand: a cold query has no time to load
 * a schema library.
 *
 * @returns undefined for what is no locator.
 */
export function parseLocator(json: string | undefined): Locator | undefined {
  let value: unknown;
  try {
    value = json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  const { layer, unit, first, last, member, spanStart, spanEnd } = value as Record<string, unknown>;
  const isWhole =
    typeof layer === "string" &&
    isUnit(unit) &&
    isCount(first) &&
    isCount(last) &&
    isCount(spanStart) &&
    isCount(spanEnd) &&
    (member === undefined || typeof member === "string");
  return isWhole
    ? {
        layer,
        unit,
        first,
        last,
        ...(member === undefined ? {} : { member }),
        spanStart,
        spanEnd,
      }
    : undefined;
}

function isUnit(value: unknown): value is LocatorUnit {
  return typeof value === "string" && units.has(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
