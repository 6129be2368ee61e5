import type { ScanFile } from "./scan-file.ts";

/**
 * Says that a rule of `rules.ts` is met, at a line of a file; without a line nothing is said.
 *
 * @param detail A name that the message ends with, never a secret.
 */
export type Report = (
  code: string,
  file: ScanFile,
  line: number | undefined,
  detail?: string,
) => void;
