import { characterKind, characters } from "./characters.ts";

/**
 * Puts runs of combining characters into canonical order (Unicode 3.11, D109). The reference orders
 * before it removes marks, so this shows for the few combining characters that it keeps; texts
 * without one never come here.
 */
export function inCanonicalOrder(text: string): string {
  const { kinds, replacements, combiningClasses, droppedMarks } = characters();
  const result: number[] = [];
  let run: number[] = [];
  const endRun = (): void => {
    run.sort((a, b) => (combiningClasses.get(a) ?? 0) - (combiningClasses.get(b) ?? 0));
    result.push(...run);
    run = [];
  };
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    const kind = kinds[codePoint] ?? 0;
    for (const part of replacementsOf(codePoint)) {
      if (combiningClasses.has(part)) {
        run.push(part);
      } else if (kind !== characterKind.dropped || droppedMarks.has(part)) {
        endRun();
        result.push(part);
      } else if (run.length === 0) {
        // Kept where it is, so that nothing new, such as "[SEP]", forms around it.
        result.push(part);
      }
    }
  }
  endRun();
  let ordered = "";
  for (const codePoint of result) {
    ordered += String.fromCodePoint(codePoint);
  }
  return ordered;

  function replacementsOf(codePoint: number): readonly number[] {
    const parts = replacements.get(codePoint) ?? [];
    return parts.some((part) => combiningClasses.has(part)) ? parts : [codePoint];
  }
}
