/**
 * How a process is confined, strongest first. `none` still clears the environment, starts no shell
 * and enforces the limits; it hides nothing of the machine.
 */
export type SandboxLevel = "bubblewrap" | "landlock" | "none";

/** Every level that this package knows, strongest first. */
export const sandboxLevels: readonly SandboxLevel[] = ["bubblewrap", "landlock", "none"];

/** Whether a level can be obtained on this machine, and if not, why. */
export interface LevelReport {
  readonly level: SandboxLevel;
  readonly available: boolean;
  /** Absolute path of the program that enforces the level. */
  readonly path?: string;
  readonly version?: string;
  /** One sentence, only when the level was tried and is not available. */
  readonly why?: string;
  /** What the level does not cover on this machine. One sentence each. */
  readonly notCovered: readonly string[];
}

/** What {@link detectLevels} found, one report a level. */
export type LevelReports = Readonly<Record<SandboxLevel, LevelReport>>;
