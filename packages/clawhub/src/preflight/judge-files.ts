import type { PublishedFile } from "../files/read-published.ts";
import type { Report } from "./report.ts";
import type { ScanFile } from "./scan-file.ts";
import { lineOf } from "./scan-file.ts";

/** First bytes of what runs or holds other files: ELF, PE, Mach-O, WebAssembly, archives, Java, Python. */
const magics: readonly string[] = [
  ...["7f454c46", "4d5a", "feedfacf", "cffaedfe", "cafebabe", "0061736d"],
  ...["504b0304", "504b0506", "1f8b", "425a68", "fd377a585a00", "377abcaf271c", "52617221"],
];
const otherLicence =
  /SPDX-License-Identifier:\s*(?!\(?MIT-0\b|CC0|0BSD|Unlicense|MIT\s+OR\s+MIT-0)([A-Za-z0-9.+-]+)/u;
const copyleft =
  /GNU (?:LESSER |AFFERO )?GENERAL PUBLIC LICENSE|All rights reserved|Licensed under the Apache License/iu;

/** Files that are no text, and licences inside of texts. */
export function judgeFiles(
  published: readonly PublishedFile[],
  files: readonly ScanFile[],
  report: Report,
): void {
  for (const [index, file] of files.entries()) {
    if (file.kind === "binary") {
      const start = Buffer.from(published[index]?.bytes.subarray(0, 8) ?? []).toString("hex");
      const isProgram = magics.some((magic) => start.startsWith(magic));
      report(isProgram ? "PREFLIGHT_BINARY_FILE" : "PREFLIGHT_NOT_LOOKED_AT", file, 1);
      continue;
    }
    // A licence file at the top is judged by `check`.
    if (/^(?:LICEN[CS]E|COPYING)/iu.test(file.path)) continue;
    const line = lineOf(file, otherLicence) ?? lineOf(file, copyleft);
    report("PREFLIGHT_SOURCE_LICENCE", file, line);
  }
}
