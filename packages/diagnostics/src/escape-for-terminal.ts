/**
 * Everything that a terminal or a log reader would act on instead of show: C0 and C1 controls, DEL,
 * bidirectional controls (Unicode UAX 9), zero-width and tag characters, line and paragraph
 * separators, lone surrogates.
 */
const unsafe: RegExp =
  // eslint-disable-next-line no-control-regex -- matching control characters is the purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** What {@link escapeForTerminal} leaves as it is. */
export interface EscapeOptions {
  /** Keep `\n` and `\t`, for text that is printed as a block. Default false. */
  readonly keepNewlines?: boolean;
}

/**
 * Makes untrusted text safe to print: each unsafe character becomes `\u{…}`. File names, passages,
 * arguments and a skill's output pass through here on their way to a person.
 */
export function escapeForTerminal(text: string, options: EscapeOptions = {}): string {
  return text.replace(unsafe, (character) => {
    if (options.keepNewlines === true && (character === "\n" || character === "\t")) {
      return character;
    }
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
