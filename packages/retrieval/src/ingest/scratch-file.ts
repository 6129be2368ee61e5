import { randomBytes } from "node:crypto";
import { closeSync, openSync, rmSync } from "node:fs";
import path from "node:path";

/** A file without a name, for what does not fit in memory. Gone with its descriptor, or the process. */
export interface ScratchFile {
  readonly descriptor: number;
  [Symbol.dispose](): void;
}

/**
 * Opens an empty file for reading and writing, and takes its name away at once. It lies where the
 * segments are written, so that it fills no other disk, and what a kill leaves behind is swept there.
 */
export function openScratchFile(folder: string): ScratchFile {
  const file = path.join(folder, `.${randomBytes(8).toString("hex")}.seg.tmp`);
  const descriptor = openSync(file, "wx+", 0o600);
  rmSync(file);
  return { descriptor, [Symbol.dispose]: () => closeSync(descriptor) };
}
