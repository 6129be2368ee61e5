import { parse } from "yaml";

import type { ArtifactKind } from "../artifacts/artifact.ts";

/** One thing that differs: a key of a structured file, or a line of any other. */
export interface Difference {
  /** Keys joined by `/`, or `line`. */
  readonly at: string;
  readonly from?: string;
  readonly to?: string;
}

/** What differs in meaning: of JSON and YAML by key, of everything else by line, without comments and blank lines. */
export function differencesOf(kind: ArtifactKind, from: string, to: string): readonly Difference[] {
  if (from === to) return [];
  if (kind === "openclaw-config" || kind === "compose") {
    const [before, after] = [read(kind, from), read(kind, to)];
    if (before !== undefined && after !== undefined) return between(before.value, after.value, "");
  }
  return byLine(from, to);
}

function read(kind: ArtifactKind, text: string): { readonly value: unknown } | undefined {
  try {
    return { value: kind === "compose" ? parse(text, { maxAliasCount: 0 }) : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function between(from: unknown, to: unknown, at: string): readonly Difference[] {
  if (isPlain(from) && isPlain(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
    return keys.flatMap((key) =>
      between(
        Object.hasOwn(from, key) ? from[key] : undefined,
        Object.hasOwn(to, key) ? to[key] : undefined,
        at === "" ? key : `${at}/${key}`,
      ),
    );
  }
  const [before, after] = [shown(from, at), shown(to, at)];
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  return [
    {
      at: at === "" ? "(all)" : at,
      ...(before === undefined ? {} : { from: before }),
      ...(after === undefined ? {} : { to: after }),
    },
  ];
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What somebody wrote by hand may be a secret: a plan can be printed and kept. */
function shown(value: unknown, at: string): string | undefined {
  if (value === undefined) return undefined;
  const isSecret = /(?:token|key|secret|password|authorization)$/iu.test(
    at.split("/").at(-1) ?? "",
  );
  if (isSecret && typeof value === "string") return "(not shown)";
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function byLine(from: string, to: string): readonly Difference[] {
  const [before, after] = [linesOf(from), linesOf(to)];
  const gone = without(before, after).map((line): Difference => ({
    at: "line",
    from: hidden(line),
  }));
  const come = without(after, before).map((line): Difference => ({ at: "line", to: hidden(line) }));
  const isMoved = gone.length + come.length === 0 && before.join("\n") !== after.join("\n");
  return isMoved
    ? [{ at: "line", from: "(another order)", to: "(this order)" }]
    : [...gone, ...come];
}

function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith(";"));
}

/** Each line as often as it is too many. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at < 0) return true;
    left.splice(at, 1);
    return false;
  });
}

function hidden(line: string): string {
  const name = /^(?:Environment=)?"?([A-Za-z_][A-Za-z0-9_]*)=/u.exec(line)?.[1] ?? "";
  return /(?:TOKEN|KEY|SECRET|PASSWORD)$/iu.test(name) ? `${name}=(not shown)` : line.slice(0, 300);
}
