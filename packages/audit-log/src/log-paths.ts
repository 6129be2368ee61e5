import { join } from "node:path";

/** The files of a log: see docs/audit-format.md. */
export interface LogPaths {
  readonly log: string;
  readonly head: string;
  readonly verifier: string;
  readonly key: string;
  readonly lock: string;
}

/** Where the files of a log stand. */
export function logPaths(folder: string): LogPaths {
  return {
    log: join(folder, "log.ndjson"),
    head: join(folder, "head.json"),
    verifier: join(folder, "verifier"),
    key: join(folder, "key"),
    lock: join(folder, "lock"),
  };
}
