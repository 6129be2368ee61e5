import type { Finding } from "@clawkeep/diagnostics";

import { wrong } from "../artifacts/judged-file.ts";
import type { JudgedFile } from "../artifacts/judged-file.ts";

/** One line that a file must have, or must not. */
export interface LineControl {
  /** What is expected, in words. */
  readonly expected: string;
  readonly holds: (lines: readonly string[], text: string) => boolean;
}

/** A line that is exactly this, or that a pattern finds. */
export function line(wanted: string | RegExp): LineControl {
  return {
    expected: typeof wanted === "string" ? wanted : `a line like ${wanted.source}`,
    holds: (lines) =>
      typeof wanted === "string"
        ? lines.includes(wanted)
        : lines.some((one) => new RegExp(wanted, "u").test(one)),
  };
}

/** A finding for each control that does not hold. */
export function missing(
  code: string,
  file: JudgedFile,
  controls: readonly LineControl[],
): readonly Finding[] {
  const lines = file.text.split("\n").map((one) => one.trim());
  return controls
    .filter(({ holds }) => !holds(lines, file.text))
    .map(({ expected }) =>
      wrong(
        code,
        file.path,
        `expected ${expected}, got none`,
        "This line is part of what keeps the deployment closed: render again.",
      ),
    );
}
