/** Texts of one request, and bytes of all of them together. */
export const mostTexts = 2048;
export const longestTextsBytes: number = 4 * 1024 * 1024;
