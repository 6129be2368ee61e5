import type { Duplex } from "node:stream";

/**
 * How a test of a skill changes one run, and what it wants to know about it. A real run has none: no
 * caller that speaks over a transport can set it.
 */
export interface Trial {
  /** Changed after everything that the runtime itself fixes. */
  readonly shakes?: Shakes;
  /** Have the kernel report what the program tries (`Execution.attempts`). */
  readonly observe?: boolean;
  /**
   * Run a program of the system in place of the skill's own, which writes the arguments it got, each
   * ended by NUL, one more NUL, and then its standard input. One-shot only.
   */
  readonly echo?: boolean;
  /** Stands for the services of the action, such as a cassette. */
  readonly services?: ServiceStand;
  /** Values by name in place of the secrets of the action. None is read then. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/**
 * Gives what the program talks to in place of a service.
 *
 * @param connect Connects to the real one, by the configuration of the state folder.
 */
export type ServiceStand = (name: string, connect: () => Promise<Duplex>) => Promise<Duplex>;

/** What must not matter to a program. Every member that is absent stays as the runtime fixes it. */
export interface Shakes {
  /** Set last, so that they win over `PATH`, `LC_ALL`, `TZ`, … */
  readonly environment?: Readonly<Record<string, string>>;
  /** Hands the variables over in the opposite order. */
  readonly reverseEnvironment?: boolean;
  readonly umask?: number;
  /** Host path of a private folder that becomes the home folder. */
  readonly home?: string;
  /** Host path of a private folder that becomes the working folder. */
  readonly cwd?: string;
  /** Host path of a private folder. The program, the skill and the roots are shown at other paths. */
  readonly place?: string;
  /** Number of the one processor that may be used. */
  readonly processor?: number;
  /** Arguments for the interpreter itself, by its kind, such as `{node: ["--hash-seed=1"]}`. */
  readonly interpreterArguments?: Readonly<Record<string, readonly string[]>>;
}

/** Where a moved program is shown when it can be shown anywhere. */
export const shakenPlace: string = "/elsewhere";
