import type { ArgumentSpec } from "@clawkeep/skill-format";

import { integerPattern } from "./integer-pattern.ts";

/**
 * A regular expression for the text of one argument's value, without flags, as OpenClaw compiles it. It
 * admits nothing that could be read as more than one argument, and no text that a shell changes after
 * OpenClaw has matched it: bash expands `name=~user` and `name=…:~user` behind OpenClaw's back. Bytes of
 * UTF-8 cannot be counted here, nor can a number with a fraction be compared; the runtime does both.
 */
export function valuePattern(spec: ArgumentSpec): string {
  switch (spec.type) {
    case "string":
      return text(spec.minBytes, spec.maxBytes, spec.multiline, spec.notOption === true);
    case "path":
      // Parts that are neither empty nor one or two dots.
      return `(?!/)(?!${character(false)}*(?://|/$end))(?!(?:${character(false)}*/)?\\.\\.(?:/|$end))${text(1, spec.maxBytes, false, false)}`.replaceAll(
        "$end",
        "\u0000",
      );
    case "boolean":
      return "(?:true|false)";
    case "enum":
      return `(?:${spec.values.map(literalPattern).join("|")})`;
    case "integer":
      return `(?:${integerPattern(spec.minimum, spec.maximum)})`;
    case "number":
    default:
      return `${spec.minimum < 0 ? "-?" : ""}(?:0|[1-9][0-9]{0,20})(?:\\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?`;
  }
}

/** A regular expression for exactly this text. */
export function literalPattern(literal: string): string {
  return literal.replaceAll(/[\\^$.*+?()[\]{}|/-]/gu, String.raw`\$&`);
}

function text(minimum: number, maximum: number, multiline: boolean, notOption: boolean): string {
  // A character is one to four bytes.
  const least = Math.ceil(minimum / 4);
  const option = notOption ? "(?!-)" : "";
  const one = character(multiline);
  return `${option}(?!~)(?!${one}*:~)${one}{${least},${maximum}}`;
}

/** One character of a value: whole, and no control character but those of lines where they may be. */
function character(multiline: boolean): string {
  const controls = multiline ? String.raw`\x00-\x08\x0b\x0c\x0e-\x1f` : String.raw`\x00-\x1f`;
  return String.raw`(?:[^${controls}\x7f-\x9f\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])`;
}
