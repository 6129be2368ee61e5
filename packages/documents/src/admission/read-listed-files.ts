import type { Admission, AdmissionOptions } from "./admitted-file.ts";

/** Reads the listed files of a root, in the order given, with the admission of `walkFolder`. */
export async function* readListedFiles(
  _root: string,
  _paths: readonly string[],
  _options: AdmissionOptions = {},
): AsyncGenerator<Admission, void, undefined> {}
