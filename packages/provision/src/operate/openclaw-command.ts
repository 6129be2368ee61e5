import { join } from "node:path";

/** Whose OpenClaw a command is for, and where. */
export interface OpenClawPlace {
  /** Node's own path. */
  readonly node: string;
  /** Folder whose `node_modules` holds the pinned OpenClaw. */
  readonly folder: string;
  readonly config: string;
  readonly state: string;
  /** Variables that the configuration refers to, with their values; nothing else is inherited. */
  readonly variables: Readonly<Record<string, string>>;
  /** The terminal, for what a person answers. */
  readonly terminal?: string;
}

/** A program with everything that it gets. Run without a shell. */
export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What it reads on standard input; that of this process when absent. */
  readonly input?: string;
}

/** Path of OpenClaw's program in a folder. */
export function openClawProgram(folder: string): string {
  return join(folder, "node_modules", "openclaw", "openclaw.mjs");
}

/**
 * The pinned OpenClaw with the deployment's own configuration and state. Its configuration is read-only
 * unless the command is one that changes it.
 */
export function openClawRun(
  place: OpenClawPlace,
  args: readonly string[],
  { writes = false }: { readonly writes?: boolean } = {},
): ProgramRun {
  return {
    program: place.node,
    args: [openClawProgram(place.folder), ...args],
    environment: openClawEnvironment(place, writes),
    cwd: place.state,
  };
}

/** All that a program gets which works on the deployment. */
export function openClawEnvironment(
  { config, state, variables, terminal }: OpenClawPlace,
  writes: boolean,
): Readonly<Record<string, string>> {
  return {
    ...variables,
    HOME: state,
    OPENCLAW_CONFIG_PATH: config,
    OPENCLAW_STATE_DIR: state,
    PATH: "/usr/local/bin:/usr/bin:/bin",
    ...(writes ? {} : { OPENCLAW_CONFIG_READONLY: "1" }),
    ...(terminal === undefined ? { NO_COLOR: "1" } : { TERM: terminal }),
  };
}
