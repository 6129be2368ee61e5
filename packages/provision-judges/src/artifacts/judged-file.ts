import type { Finding } from "@clawkeep/diagnostics";

/** One rendered file, as it would be read from a disk. Nothing about how it was made is known here. */
export interface JudgedFile {
  readonly path: string;
  readonly kind: string;
  readonly text: string;
}

/** An error about a file. */
export function wrong(code: string, file: string, message: string, hint: string): Finding {
  return { code, severity: "error", message, hint, file };
}
