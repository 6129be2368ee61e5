import { existsSync } from "node:fs";
import path from "node:path";

import type { JudgedFile } from "../artifacts/judged-file.ts";

/** A unit that the manager of a user runs: it names no user, and is wanted by what a login starts. */
export function isUserUnit(text: string): boolean {
  return !/^(?:User|DynamicUser)=/mu.test(text) && /^WantedBy=default\.target$/mu.test(text);
}

/** The unit as systemd may read it here: a program of another machine is stood in for; a wrong path stays wrong. */
export function unitCopy({ path: file, text }: JudgedFile): {
  readonly path: string;
  readonly text: string;
} {
  return {
    path: path.posix.basename(file),
    text: text.replaceAll(
      /^(Exec[A-Za-z]+=[-@:+!]*)(\/\S+)/gmu,
      (whole, key: string, program: string) =>
        existsSync(program) ? whole : `${key}/usr/bin/true`,
    ),
  };
}
