import { CodedError } from "@clawkeep/diagnostics";

/**
 * The text, if it is one line that a line-based format can hold.
 * @throws CodedError ARTIFACT_VALUE for control characters and lone surrogates: no escape of these formats is the
 * same to everybody who reads them
 */
export function oneLine(text: string, where: string): string {
  if (/[\u0000-\u001f\u007f\u0085\u2028\u2029]/u.test(text) || !text.isWellFormed()) {
    throw new CodedError({
      code: "ARTIFACT_VALUE",
      message: `expected one line of text in ${where}, got ${JSON.stringify(text.slice(0, 60))}`,
      hint: "Remove newlines and other control characters.",
    });
  }
  return text;
}

/**
 * The text, if it has only characters that need no escape anywhere: for formats that have none.
 * @throws CodedError ARTIFACT_VALUE for anything else
 */
export function bareWord(text: string, where: string): string {
  if (/^[A-Za-z0-9_./:@+,~=-]+$/u.test(text)) return text;
  throw new CodedError({
    code: "ARTIFACT_VALUE",
    message: `expected a word of letters, digits and _./:@+,~=- in ${where}, got ${JSON.stringify(text.slice(0, 60))}`,
    hint: "This format has no way to quote it; choose another name or folder.",
  });
}
