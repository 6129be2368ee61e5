import type { Scene } from "./scene/scene.ts";

/** What a check reads: the deployment's files, this host's files and `/proc`, or what runs. */
export type Reads = "files" | "host" | "live";

/** What a check is about, whoever is examined: one row of the table in docs/doctor.md. */
export interface CheckAbout {
  /** Kebab-case, unique, never given another meaning. */
  readonly id: string;
  /** What somebody sees. */
  readonly symptom: string;
  readonly cause: string;
  /** What to do; a found fault has the exact command. */
  readonly fix: string;
  /** What `--fix` does about it; absent where a person must decide. */
  readonly repair?: string;
  readonly reads: Reads;
}

/** Something that was read, and what it held. No value of a secret is ever one. */
export interface Evidence {
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  readonly port?: number;
  readonly value?: string;
}

/** A change that is safe to make unasked for by a person: what is looked at again before it is made. */
export type Repair =
  | { readonly kind: "mode"; readonly path: string; readonly mode: number }
  | { readonly kind: "remove"; readonly path: string; readonly what: "file" | "socket" }
  | { readonly kind: "folder"; readonly path: string; readonly mode: number };

/** One fault that was found. */
export interface Fault {
  readonly evidence: readonly Evidence[];
  /** Exact command to type. */
  readonly fix: string;
  readonly repairs?: readonly Repair[];
}

/** What a check says: faults, perhaps none; or why it could not look, or has nothing to look at. */
export type Look =
  | { readonly found: readonly Fault[] }
  | { readonly notChecked: string }
  | { readonly doesNotApply: string };

/** One check: a pure reading of a {@link Scene}. */
export interface Check extends CheckAbout {
  look(scene: Scene): Look | Promise<Look>;
}

/** A look that found these; none is well. */
export function found(faults: readonly Fault[]): Look {
  return { found: faults };
}
