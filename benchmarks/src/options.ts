import type { Sizes } from "./sizes.ts";

/** What was asked for. */
export interface Options {
  readonly mode: Sizes["name"];
  readonly list: boolean;
  readonly sweep: boolean;
  /** Print one table of all rows from the newest runs that were kept. */
  readonly table: boolean;
  /** Only prepare: peers, corpus, vectors, indexes. */
  readonly setUp: boolean;
  /** Forget the samples of a full run that was stopped. */
  readonly fresh: boolean;
  /** Rows by id; all when empty. */
  readonly only: readonly string[];
  /** Folder for the results instead of `benchmarks/runs/<date>-<cpu>/`. */
  readonly out: string | undefined;
}

/** How it is called. */
export const usage = `npm run bench -- --quick | --full | --sweep | --setup | --list | --table [--only ROW] [--out DIR] [--fresh]

  --quick    every row that is not marked, in at most 15 minutes once everything is set up
  --full     every row at its full size: hours; goes on where it was stopped
  --sweep    the grids that the best settings of the peers come from
  --setup    only installs the peers and prepares corpus, vectors and indexes (about 20 minutes)
  --tiny     shows that everything works; its figures mean nothing
  --only ROW one row; may be given several times
  --fresh    forgets what a stopped full run has measured
  --list     the rows
  --table    one table of all rows, from the newest runs that were kept
`;

/**
 * Reads the command line.
 * @throws Error saying what is wrong with it.
 */
export function parseOptions(args: readonly string[], rows: readonly string[]): Options {
  const switches = new Set<string>();
  const only: string[] = [];
  let out: string | undefined;
  for (let place = 0; place < args.length; place += 1) {
    const arg = args[place] ?? "";
    const next = args[place + 1];
    if (arg === "--only" || arg === "--out") {
      if (next === undefined || next.startsWith("--")) {
        throw new Error(`${arg} needs a value`);
      }
      place += 1;
      if (arg === "--out") {
        out = next;
      } else if (rows.includes(next)) {
        only.push(next);
      } else {
        throw new Error(`there is no row ${next}; the rows are ${rows.join(", ")}`);
      }
    } else if (
      [
        "--tiny",
        "--quick",
        "--full",
        "--sweep",
        "--setup",
        "--list",
        "--table",
        "--fresh",
      ].includes(arg)
    ) {
      switches.add(arg);
    } else {
      throw new Error(`unknown argument ${arg}`);
    }
  }
  const modes = (["tiny", "quick", "full"] as const).filter((mode) => switches.has(`--${mode}`));
  const doing = ["--sweep", "--setup", "--list", "--table"].some((name) => switches.has(name));
  if (modes.length > 1 || (modes.length === 0 && !doing)) {
    throw new Error("expected one of --quick, --full, --sweep, --setup, --list and --table");
  }
  return {
    mode: modes[0] ?? "quick",
    list: switches.has("--list"),
    sweep: switches.has("--sweep"),
    table: switches.has("--table"),
    setUp: switches.has("--setup"),
    fresh: switches.has("--fresh"),
    only,
    out,
  };
}
