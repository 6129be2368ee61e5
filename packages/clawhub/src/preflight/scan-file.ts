/** What a file is read as. */
export type FileKind = "code" | "markdown" | "manifest" | "text" | "binary";

/** A published file that can be looked through. */
export interface ScanFile {
  readonly path: string;
  readonly kind: FileKind;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Of a longer file nothing is looked through: patterns are for what people write. */
export const maxScanBytes = 1_048_576;

const endings: readonly (readonly [RegExp, FileKind])[] = [
  [/\.(?:[cm]?[jt]sx?|py|sh|bash|zsh|rb|go)$/iu, "code"],
  [/\.(?:md|mdx|markdown)$/iu, "markdown"],
  [/\.(?:json|ya?ml|toml)$/iu, "manifest"],
];

/** Reads a file for the rules, or says that it is no text. */
export function scanFile(path: string, bytes: Uint8Array): ScanFile {
  const none = { path, text: "", lines: [] };
  if (bytes.length > maxScanBytes || bytes.includes(0)) return { ...none, kind: "binary" };
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { ...none, kind: "binary" };
  }
  const ending = endings.find(([pattern]) => pattern.test(path))?.[1];
  const kind =
    ending ?? (/^#!.*\b(?:sh|bash|zsh|node|python3?|ruby)\b/u.test(text) ? "code" : "text");
  return { path, kind, text, lines: text.split("\n") };
}

/** 1-based number of the first line that matches. */
export function lineOf(file: ScanFile, pattern: RegExp): number | undefined {
  const index = file.lines.findIndex((line) => pattern.test(line));
  return index === -1 ? undefined : index + 1;
}

/** 1-based number of the line on which a match over several lines begins. */
export function lineOfText(file: ScanFile, pattern: RegExp): number | undefined {
  const index = file.text.search(pattern);
  return index === -1 ? undefined : file.text.slice(0, index).split("\n").length;
}
