import type { Admission, AdmissionOptions } from "./admitted-file.ts";

/** Walks a folder in byte order of the paths, one file in memory at a time. */
export async function* walkFolder(
  _root: string,
  _options: AdmissionOptions = {},
): AsyncGenerator<Admission, void, undefined> {}
