import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What one measurement gave: named figures. */
export type Sample = Readonly<Record<string, number>>;

/** A sample with the session that it was measured in. */
export interface KeptSample {
  readonly session: string;
  readonly sample: Sample;
}

/**
 * Measurements on disk, each kept as soon as it is made, so that a run that was stopped goes on where it
 * was. A file of another fingerprint (machine, sizes, code) is left aside.
 */
export class SampleStore {
  readonly #file: string;
  readonly #fingerprint: string;
  readonly #session: string;
  readonly #samples: Map<string, KeptSample>;

  constructor(file: string, fingerprint: string, session: string) {
    this.#file = file;
    this.#fingerprint = fingerprint;
    this.#session = session;
    this.#samples = new Map(readSamples(file, fingerprint));
  }

  get size(): number {
    return this.#samples.size;
  }

  get(row: string, contender: string, round: number): KeptSample | undefined {
    return this.#samples.get(keyOf(row, contender, round));
  }

  keep(row: string, contender: string, round: number, sample: Sample): KeptSample {
    const kept = { session: this.#session, sample };
    this.#samples.set(keyOf(row, contender, round), kept);
    mkdirSync(path.dirname(this.#file), { recursive: true });
    const temporary = `${this.#file}.tmp`;
    const content = { fingerprint: this.#fingerprint, samples: [...this.#samples] };
    writeFileSync(temporary, `${JSON.stringify(content)}\n`);
    renameSync(temporary, this.#file);
    return kept;
  }

  /** The run is whole: the next one starts anew. */
  finish(): void {
    rmSync(this.#file, { force: true });
  }
}

function keyOf(row: string, contender: string, round: number): string {
  return JSON.stringify([row, contender, round]);
}

function readSamples(
  file: string,
  fingerprint: string,
): readonly (readonly [string, KeptSample])[] {
  if (!existsSync(file)) {
    return [];
  }
  const content = JSON.parse(readFileSync(file, "utf8")) as {
    readonly fingerprint: string;
    readonly samples: readonly (readonly [string, KeptSample])[];
  };
  return content.fingerprint === fingerprint ? content.samples : [];
}
