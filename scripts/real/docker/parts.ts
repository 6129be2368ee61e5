import type { Ended, Principal } from "../openclaw/principal.ts";
import { cage } from "./cage.ts";
import type { Daemon } from "./daemon.ts";
import type { Outside } from "./outside.ts";
import type { Rows } from "./rows.ts";
import { singleContainer } from "./single-container.ts";

/** What every part of the stage has. */
export interface Stage {
  readonly daemon: Daemon;
  readonly outside: Outside;
  /** The clone. */
  readonly root: string;
  /** A folder of the world's own. */
  readonly work: string;
  /** Who types commands: root, with a home of the stage. */
  readonly operator: Principal;
  readonly environment: Readonly<Record<string, string>>;
  /** Runs `claw ARGS` in a folder. */
  claw(folder: string, args: readonly string[]): Promise<Ended>;
  /** Tries to connect from the host, or from beyond it: `REACHED`, or why not. */
  reach(
    from: "host" | "outside",
    places: readonly (readonly [host: string, port: number])[],
  ): Promise<Readonly<Record<string, string>>>;
  /** Bytes of a file as gzip packs it; the file is removed. */
  pack(file: string): number;
  /** Memory in bytes and processes that the gateway may have. */
  readonly gatewayLimits: readonly [memory: string, processes: string];
}

/** One part of the stage. */
export interface Part {
  readonly name: string;
  readonly run: (stage: Stage, rows: Rows) => Promise<void>;
}

export const parts: readonly Part[] = [
  { name: "cage", run: cage },
  { name: "single-container", run: singleContainer },
];
