/**
 * What stands where the last records' lines should be: all of them; a beginning of them (`short` when
 * it ends where a line ends, else `torn`); the same with zero bytes in places, which some file systems
 * leave when power is lost (`zeroed`); something else.
 */
export type Tail =
  | { readonly state: "whole" }
  | { readonly state: "short" | "torn" | "zeroed"; readonly present: number }
  | { readonly state: "changed" };

/** Compares the end of a log with the lines that the head has for it. */
export function judgeTail(lines: Uint8Array, found: Uint8Array): Tail {
  let present = 0;
  while (present < found.length && found[present] === lines[present]) {
    present += 1;
  }
  if (found.length > lines.length) {
    return { state: "changed" };
  }
  if (present === found.length) {
    if (present === lines.length) {
      return { state: "whole" };
    }
    const between = present === 0 || lines[present - 1] === 0x0a;
    return { state: between ? "short" : "torn", present };
  }
  // No line has a zero byte in it: one that is there was never written, or was put there.
  const zeroed = found.every((byte, index) => byte === 0 || byte === lines[index]);
  return zeroed ? { state: "zeroed", present } : { state: "changed" };
}
