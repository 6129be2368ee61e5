import type { RawArguments } from "@clawkeep/skill-runtime";

/** What the process of a background run is told, as one line of JSON on its standard input. */
export interface RunnerOrder {
  readonly version: 1;
  readonly id: string;
  readonly workspace: string;
  readonly programFolder: readonly string[];
  readonly skill: string;
  readonly action?: string;
  /** Bytes are base64. Private text travels here, where no command line or file shows it. */
  readonly args:
    | { readonly kind: "pairs"; readonly pairs: readonly string[] }
    | { readonly kind: "bytes"; readonly base64: string };
  readonly roots: Readonly<Record<string, string>>;
  readonly requireSandbox: boolean;
  readonly metrics?: string;
}

/** What it says, a line each on its standard output, to whoever is still there. */
export type RunnerWord = "begun" | "started" | "ended" | `failed ${string}`;

/** The answer to `ended`: the result was taken, so that nobody needs to be told of it. */
export const TAKEN = "taken";

/** The arguments as they were given. */
export function orderedArguments(args: RunnerOrder["args"]): RawArguments {
  return args.kind === "pairs"
    ? args
    : { kind: "bytes", bytes: Buffer.from(args.base64, "base64") };
}
