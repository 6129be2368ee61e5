import type { KeptSample, Sample, SampleStore } from "./sample-store.ts";

/** Something that is measured, round after round. */
export interface Contender {
  readonly name: string;
  readonly measure: (round: number) => Promise<Sample>;
}

/** What became of the contenders of a row. */
export interface Rounds {
  /** The samples of each contender that has all of them, in the order of the rounds. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  /** Those that could not be measured, and why. */
  readonly missing: readonly { readonly contender: string; readonly why: string }[];
  /** Sessions that the samples come from; more than one when a stopped run was gone on with. */
  readonly sessions: readonly string[];
}

/**
 * Measures every contender once a round, in an order that turns by one each round, so that a change in
 * the machine's speed, and whatever the one before left behind, fall on all of them. Samples in the
 * store are not measured again. A contender that fails is left out from then on; the others go on.
 */
export async function interleave(
  store: SampleStore,
  row: string,
  contenders: readonly Contender[],
  rounds: number,
): Promise<Rounds> {
  const kept = new Map<string, KeptSample[]>(contenders.map(({ name }) => [name, []]));
  const missing: { contender: string; why: string }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(turn + round) % contenders.length];
      const samples = contender === undefined ? undefined : kept.get(contender.name);
      if (contender === undefined || samples === undefined) {
        continue;
      }
      const { name } = contender;
      try {
        const known = store.get(row, name, round);
        samples.push(known ?? store.keep(row, name, round, await contender.measure(round)));
      } catch (error) {
        kept.delete(name);
        missing.push({ contender: name, why: (error as Error).message });
      }
    }
  }
  const sessions = new Set([...kept.values()].flat().map(({ session }) => session));
  return {
    samples: new Map([...kept].map(([name, all]) => [name, all.map(({ sample }) => sample)])),
    missing,
    sessions: [...sessions].sort(),
  };
}
