import { oneLine } from "./plain-text.ts";

/**
 * One line of a unit: a plain value, words that are arguments of a command, or a variable.
 * systemd reads `%` in all of them, quotes and backslashes in words, and `$` in commands.
 */
export type UnitLine =
  | readonly [key: string, value: string]
  | { readonly key: string; readonly command: readonly string[] }
  | { readonly key: "Environment"; readonly name: string; readonly value: string }
  | { readonly key: "CPUQuota"; readonly percent: number };

/** A section of a unit, in order. */
export interface UnitSection {
  readonly name: string;
  readonly lines: readonly UnitLine[];
}

/**
 * A unit file of systemd or of Quadlet.
 * @throws CodedError ARTIFACT_VALUE for a value that is not one line
 */
export function unitText(sections: readonly UnitSection[]): string {
  return sections
    .map(({ name, lines }) => [`[${name}]`, ...lines.map(lineText), ""].join("\n"))
    .join("\n");
}

function lineText(line: UnitLine): string {
  if ("command" in line) return `${line.key}=${line.command.map(commandWord).join(" ")}`;
  if ("name" in line) return `Environment=${word(`${line.name}=${line.value}`)}`;
  if ("percent" in line) return `${line.key}=${Math.round(line.percent)}%`;
  const [key, value] = line;
  return `${key}=${oneLine(value, key).replaceAll("%", "%%")}`;
}

/** `$` is doubled: a command's arguments are expanded, and these are meant as they stand. */
function commandWord(text: string): string {
  return word(text).replaceAll("$", "$$$$");
}

function word(text: string): string {
  const escaped = oneLine(text, "a unit").replaceAll("%", "%%");
  // A word that starts with one of these means something else to systemd when it is the program.
  if (/^[A-Za-z0-9_./:,=%][A-Za-z0-9_./:@+,=%$-]*$|^--?[A-Za-z0-9_./:@+,=%$-]*$/u.test(escaped))
    return escaped;
  return `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
