/**
 * What stands where the last record's line should be: all of it; a beginning of it (`torn`); a
 * beginning and then zero bytes, which some file systems leave when power is lost (`zeroed`);
 * something else.
 */
export type Tail =
  | { readonly state: "whole" }
  | { readonly state: "torn" | "zeroed"; readonly present: number }
  | { readonly state: "changed" };

/** Compares the end of a log with the line that the head has for it. */
export function judgeTail(line: Uint8Array, found: Uint8Array): Tail {
  let present = 0;
  while (present < found.length && found[present] === line[present]) {
    present += 1;
  }
  if (found.length > line.length) {
    return { state: "changed" };
  }
  if (present === found.length) {
    return present === line.length ? { state: "whole" } : { state: "torn", present };
  }
  const zeroes = found.subarray(present).every((byte) => byte === 0);
  return zeroes ? { state: "zeroed", present } : { state: "changed" };
}
