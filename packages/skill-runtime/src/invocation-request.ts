import type { SandboxLevel } from "@clawkeep/sandbox";

import type { ExpectedDigests } from "./lock/expected-digests.ts";
import type { Trial } from "./trial/trial.ts";

/** Who asks, as far as the program that carries the request can tell. */
export interface CallerClaim {
  /** How the request came: `cli`, `mcp-stdio`, `mcp-http`, `mcp-socket`, `socket`, `test`. */
  readonly transport: string;
  /** Id of the token that the caller proved to have: for who carries the request to say, never the caller. */
  readonly authenticated?: string;
  /** What the caller says about itself. Recorded apart from what was observed. */
  readonly claimed?: Readonly<Record<string, string>>;
}

/** Arguments as they arrived: a JSON object, its bytes or text, or `name=value` strings. */
export type RawArguments =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "pairs"; readonly pairs: readonly (string | Uint8Array)[] };

/** One request to run one action of one locked skill. */
export interface InvocationRequest {
  /** Name in `skills.lock`. */
  readonly skill: string;
  /** May be left out when the contract has exactly one action. */
  readonly action?: string;
  readonly args: RawArguments;
  readonly caller: CallerClaim;
  /** Refuse to run below this level. */
  readonly requireSandbox?: Exclude<SandboxLevel, "none">;
  /** Take exactly this level; default the strongest that the machine has. */
  readonly level?: SandboxLevel;
  /** Folders for the contract's roots, by name; absolute or relative to the workspace. */
  readonly roots?: Readonly<Record<string, string>>;
  /** Default: what the contract says. A resident action can also be run once. */
  readonly form?: "oneshot" | "resident";
  readonly signal?: AbortSignal;
  /** Called with the id of each start record, when it is on the disk and before anything is run. */
  readonly onRecord?: (execution: string) => void;
  /** Refuse unless the locked skill has exactly these digests. */
  readonly expected?: ExpectedDigests;
  /** For `skill test` only. */
  readonly trial?: Trial;
}
