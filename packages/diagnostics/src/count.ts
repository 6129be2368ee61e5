/** `1 file`, `2 files`: a number with its noun, in the regular plural. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
