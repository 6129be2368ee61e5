import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  unlinkSync,
} from "node:fs";

import type { Repair } from "../check.ts";

/** What came of one repair. */
export interface Repaired {
  readonly path: string;
  /** What was done, in words; or why nothing was. */
  readonly what: string;
  readonly isDone: boolean;
}

/**
 * Makes a change that was found safe, after looking again: modes are changed through a descriptor that is no link,
 * only what is still the same kind of thing is removed, and a folder is made where its parent is.
 */
export function repair(one: Repair): Repaired {
  const { path } = one;
  try {
    if (one.kind === "mode") return { path, what: changeMode(path, one.mode), isDone: true };
    if (one.kind === "folder") {
      mkdirSync(path, { mode: one.mode });
      return { path, what: `made, mode ${octal(one.mode)}`, isDone: true };
    }
    const about = lstatSync(path);
    if (one.what === "file" ? !about.isFile() : !about.isSocket()) {
      return {
        path,
        what: `expected a ${one.what}, got something else: left as it is`,
        isDone: false,
      };
    }
    unlinkSync(path);
    return { path, what: "removed", isDone: true };
  } catch (error) {
    return {
      path,
      what: `not changed: ${(error as NodeJS.ErrnoException).code ?? "failed"}`,
      isDone: false,
    };
  }
}

function changeMode(path: string, mode: number): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const was = fstatSync(fd).mode & 0o777;
    fchmodSync(fd, mode);
    return `mode ${octal(was)} is now ${octal(mode)}`;
  } finally {
    closeSync(fd);
  }
}

const octal = (mode: number): string => mode.toString(8).padStart(4, "0");
