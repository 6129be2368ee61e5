import { isDeepStrictEqual } from "node:util";

import { tagsIn } from "../../rows/row-tags.ts";
import { observeRow } from "../observe-row.ts";

/** Collects what one part of the stage shows, and prints it line by line. */
export class Verdicts {
  readonly failed: string[] = [];
  #count = 0;
  readonly #part: string;

  constructor(part: string) {
    this.#part = part;
  }

  get count(): number {
    return this.#count;
  }

  /** Something that has to be true; what was observed is printed either way. Rows at its end, `… [G7]`, were seen. */
  that(what: string, ok: boolean, observed: string): void {
    this.#count += 1;
    if (ok) for (const { id } of tagsIn(what)) observeRow(id, "ran");
    if (!ok) this.failed.push(`${this.#part}: ${what}`);
    process.stdout.write(`${this.#part}: ${what}: ${oneLine(observed)} ${ok ? "ok" : "FAIL"}\n`);
  }

  /** Something that has to be exactly this. */
  equal(what: string, observed: unknown, expected: unknown): void {
    const ok = isDeepStrictEqual(observed, expected);
    const seen = JSON.stringify(observed) ?? "undefined";
    this.that(what, ok, ok ? seen : `${seen}, expected ${JSON.stringify(expected)}`);
  }
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f]+/gu, " ").trim();
  return plain.length > 400 ? `${plain.slice(0, 400)}…` : plain;
}
