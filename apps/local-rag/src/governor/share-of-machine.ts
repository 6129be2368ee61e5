import { availableParallelism } from "node:os";

import type { CommandSpec } from "../arguments/command-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { integerOf, textOf, usage } from "../arguments/parse-flags.ts";

/** What indexing may take of a machine. */
export interface MachineShare {
  /** Processors, on average; may be a part of one. */
  readonly processors: number;
  /** True when that is less than there are: work is paced, and makes way for other programs. */
  readonly governed: boolean;
  /** Sessions that embed at the same time, each on a thread of its own. */
  readonly sessions: number;
  /** Bytes to keep to; undefined when nobody said. */
  readonly memory: number | undefined;
}

// Anonymous memory, measured (`npm run test:real -- index-governor`), with some to spare.
/** What a process takes beside its sessions. Writing a segment takes 90 MB, with all of them closed. */
const baseBytes = 58e6;
/** What each session takes, its thread included, with the longest text in it. */
const sessionBytes = 38e6;
/** More sessions than this were never measured. */
const mostSessions = 256;

/**
 * The share that the flags name: half the processors, and as many sessions as they can keep busy and
 * the memory can hold.
 *
 * @throws CodedError `USAGE` for a share that is none, or memory that one session does not fit in.
 */
export function shareOfMachine(
  spec: CommandSpec,
  options: RawOptions,
  all: number = availableParallelism(),
): MachineShare {
  const processors = Math.min(all, processorsOf(spec, options, all) ?? all / 2);
  const memory = memoryOf(spec, options);
  const fitting =
    memory === undefined ? mostSessions : Math.floor((memory - baseBytes) / sessionBytes);
  const chosen = integerOf(spec, options, "workers", { from: 0, to: mostSessions });
  return {
    processors,
    governed: processors < all,
    sessions: Math.min(chosen ?? Math.ceil(processors), fitting),
    memory,
  };
}

function processorsOf(spec: CommandSpec, options: RawOptions, all: number): number | undefined {
  const text = textOf(options, "cpu");
  if (text === undefined) {
    return undefined;
  }
  const match = /^([0-9]{1,4}(?:\.[0-9]{1,2})?)(%?)$/u.exec(text);
  const processors = match === null ? 0 : Number(match[1]) * (match[2] === "%" ? all / 100 : 1);
  if (processors < 0.05) {
    throw usage(
      spec,
      `--cpu needs a number of processors or a part such as 50%, got ${JSON.stringify(text)}`,
    );
  }
  return processors;
}

const units: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 1024,
  mi: 2 ** 20,
  gi: 2 ** 30,
};

function memoryOf(spec: CommandSpec, options: RawOptions): number | undefined {
  const text = textOf(options, "memory");
  if (text === undefined) {
    return undefined;
  }
  const match = /^([0-9]{1,12}(?:\.[0-9]{1,3})?)(?:([kmg]i?)b?)?$/u.exec(text.toLowerCase());
  const bytes = match === null ? 0 : Number(match[1]) * (units[match[2] ?? ""] ?? 1);
  if (bytes < baseBytes + sessionBytes) {
    const least = Math.ceil((baseBytes + sessionBytes) / 1e6);
    throw usage(
      spec,
      `--memory needs a size such as 500M or 2GiB, at least ${least}M, got ${JSON.stringify(text)}`,
    );
  }
  return bytes;
}
