import { isDeepStrictEqual } from "node:util";

import { observeRow } from "../observe-row.ts";

/** Collects what one part of the stage shows, each with the rows of docs/rows.md that it is about, and prints it. */
export class Rows {
  readonly failed: string[] = [];
  #count = 0;
  readonly #part: string;
  readonly #held = new Map<string, boolean>();

  constructor(part: string) {
    this.#part = part;
  }

  get count(): number {
    return this.#count;
  }

  /** Something that has to be true; what was observed is printed either way. */
  that(rows: string, what: string, ok: boolean, observed: string): void {
    this.#count += 1;
    if (!ok) this.failed.push(`${this.#part}: ${rows}: ${what}`);
    for (const row of rows.split(" ").filter((one) => /^[A-Z]\d+$/u.test(one))) {
      this.#held.set(row, ok && this.#held.get(row) !== false);
    }
    process.stdout.write(
      `${this.#part}: ${rows}: ${what}: ${oneLine(observed)} ${ok ? "ok" : "FAIL"}\n`,
    );
  }

  /** Something that has to be exactly this. */
  equal(rows: string, what: string, observed: unknown, expected: unknown): void {
    const ok = isDeepStrictEqual(observed, expected);
    const seen = JSON.stringify(observed) ?? "undefined";
    this.that(rows, what, ok, ok ? seen : `${seen}, expected ${JSON.stringify(expected)}`);
  }

  /** Says which rows were seen to hold in all that was looked at. */
  observe(): void {
    for (const [row, held] of this.#held) if (held) observeRow(row, "ran");
  }
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f]+/gu, " ").trim();
  return plain.length > 400 ? `${plain.slice(0, 400)}…` : plain;
}
