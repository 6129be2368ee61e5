const unicodeBlank: RegExp = /\s/u;

/** True for a UTF-16 code unit that is white space to `\s` and `trim`, at the price of a comparison for ASCII. */
export function isBlank(code: number): boolean {
  return code < 128
    ? code === 32 || (code >= 9 && code <= 13)
    : unicodeBlank.test(String.fromCharCode(code));
}
