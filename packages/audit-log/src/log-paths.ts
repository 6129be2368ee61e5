import { join } from "node:path";

/** The files of a log: see docs/audit-format.md. */
export interface LogPaths {
  readonly folder: string;
  /** The first segment. */
  readonly log: string;
  /** The head of format 1; a log of format 2 has none. */
  readonly headOne: string;
  /** The slots of the head of format 2. */
  readonly slots: readonly [string, string, string];
  readonly verifier: string;
  readonly key: string;
  /** A new private key, until the log is signed by it. */
  readonly nextKey: string;
  readonly lock: string;
}

/** Where the files of a log stand. */
export function logPaths(folder: string): LogPaths {
  return {
    folder,
    log: join(folder, "log.ndjson"),
    headOne: join(folder, "head.json"),
    slots: [join(folder, "head.0"), join(folder, "head.1"), join(folder, "head.2")],
    verifier: join(folder, "verifier"),
    key: join(folder, "key"),
    nextKey: join(folder, "key.next"),
    lock: join(folder, "lock"),
  };
}
