import type { Summary } from "../statistics/summary.ts";

/** A figure with three digits that count, thousands apart. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) {
    return "–";
  }
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en-US", {
    maximumFractionDigits: Math.min(digits, 4),
    minimumFractionDigits: Math.min(digits, 4),
  });
}

/** A whole number, thousands apart. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Median and spread. */
export function spread({ median, low, high, runs }: Summary): string {
  return runs.length < 2 ? figure(median) : `${figure(median)} (${figure(low)}–${figure(high)})`;
}
