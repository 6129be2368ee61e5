import type { Figures } from "@clawkeep/retrieval";
import { figureNames } from "@clawkeep/retrieval";

import type { CommandSpec } from "./command-table.ts";
import { usage } from "./parse-flags.ts";

/** The least that a figure must be. */
export interface Threshold {
  readonly name: keyof Figures;
  readonly least: number;
}

/**
 * Reads `ndcg@10=0.8,recall@100=0.95`.
 *
 * @throws CodedError `USAGE`.
 */
export function thresholdsOf(spec: CommandSpec, text: string | undefined): readonly Threshold[] {
  return (text === undefined ? [] : text.split(",")).map((part) => {
    const [name = "", value = "", ...rest] = part.split("=");
    const least = Number(value);
    if (!/^[0-9.]+$/u.test(value) || !(least >= 0 && least <= 1) || rest.length > 0) {
      throw usage(spec, `--min is a list like ndcg@10=0.8, got ${JSON.stringify(part)}`);
    }
    return { name: figureOf(spec, name), least };
  });
}

/**
 * The name of a figure.
 *
 * @throws CodedError `USAGE`.
 */
export function figureOf(spec: CommandSpec, text: string): keyof Figures {
  const found = figureNames.find((name) => name === text);
  if (found === undefined) {
    throw usage(spec, `figures are ${figureNames.join(", ")}, got ${JSON.stringify(text)}`);
  }
  return found;
}
