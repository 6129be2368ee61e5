/** Longest argv or environment element that Linux passes: `MAX_ARG_STRLEN` less its NUL. */
export const maxArgumentBytes: number = 128 * 1024 - 1;

/**
 * Says why a text cannot be passed to a program byte for byte, or returns `undefined`. NUL ends an
 * argument early, and Node silently writes U+FFFD for a lone surrogate.
 */
export function argumentFault(text: string): string | undefined {
  if (text.includes("\0")) {
    return "it contains a NUL, which would cut it short";
  }
  if (!text.isWellFormed()) {
    return "it contains a lone surrogate, which has no bytes in UTF-8";
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > maxArgumentBytes) {
    return `it has ${bytes} bytes, and one argument holds at most ${maxArgumentBytes}`;
  }
  return undefined;
}
