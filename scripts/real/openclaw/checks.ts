import { isDeepStrictEqual } from "node:util";

/** One thing that was looked at. */
export interface Check {
  readonly route: number;
  readonly what: string;
  readonly ok: boolean;
  /** What was seen, in a few words. */
  readonly observed: string;
  /** A measured figure: on a machine that others use, missing it is not a failure. */
  readonly isFigure: boolean;
}

/** Collects what a route shows, and prints it line by line. */
export class Checks {
  readonly all: Check[] = [];
  readonly #route: number;

  constructor(route: number) {
    this.#route = route;
  }

  /** Something that has to be true; `observed` is printed either way. */
  that(what: string, ok: boolean, observed: string, isFigure = false): void {
    const check = { route: this.#route, what, ok, observed: oneLine(observed), isFigure };
    this.all.push(check);
    process.stdout.write(
      `route ${check.route}: ${what}: ${check.observed} ${ok ? "ok" : "FAIL"}\n`,
    );
  }

  /** A measured figure and whether it holds. */
  figure(what: string, ok: boolean, observed: string): void {
    this.that(what, ok, observed, true);
  }

  /** Something that has to be exactly this. */
  equal(what: string, observed: unknown, expected: unknown): void {
    const ok = isDeepStrictEqual(observed, expected);
    const seen = JSON.stringify(observed) ?? "undefined";
    this.that(what, ok, ok ? seen : `${seen}, expected ${JSON.stringify(expected)}`);
  }

  /** A figure that is printed and judged nowhere. */
  note(what: string, observed: string): void {
    process.stdout.write(`route ${this.#route}: ${what}: ${oneLine(observed)}\n`);
  }
}

function oneLine(text: string): string {
  // What was observed may hold a planted passage: nothing of it may move a cursor.
  // oxlint-disable-next-line no-control-regex
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f]+/gu, " ").trim();
  return plain.length > 300 ? `${plain.slice(0, 300)}…` : plain;
}
