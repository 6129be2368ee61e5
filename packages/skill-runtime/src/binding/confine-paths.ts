import type { Finding } from "@clawkeep/diagnostics";
import type { JsonValue } from "@clawkeep/integrity";
import type { Action } from "@clawkeep/skill-format";
import { closeSync } from "node:fs";

import { openBeneath } from "./open-beneath.ts";
import type { PathFault } from "./open-beneath.ts";

/** The file or folder that a path argument names, held open. */
export interface OpenArgument {
  readonly root: string;
  /** Relative to the root, with `/`; `.` is the root itself. */
  readonly path: string;
  readonly fd: number;
}

/** What path arguments name, or everything that is wrong with them; then nothing is open. */
export interface Confinement {
  readonly paths: readonly OpenArgument[];
  readonly findings: readonly Finding[];
}

const faults: Readonly<Record<PathFault, readonly [code: string, message: string, hint: string]>> =
  {
    absent: [
      "ARGUMENT_PATH_ABSENT",
      "there is no such file or folder",
      "the program is shown only what is there before it starts",
    ],
    link: [
      "ARGUMENT_PATH_LINK",
      "a part of the path is a link, which could lead out of the root",
      "name the real path",
    ],
    special: [
      "ARGUMENT_PATH_SPECIAL",
      "it is a pipe, a socket or a device: opening it can block or act",
      "name a regular file or a folder",
    ],
    "hard-link": [
      "ARGUMENT_PATH_HARD_LINK",
      "the file has a second name, which may lie outside the root",
      "name a copy of it",
    ],
    outside: [
      "ARGUMENT_PATH_OUTSIDE",
      "it was moved or removed while it was opened",
      "find out who does that, and try again",
    ],
    unreadable: [
      "ARGUMENT_PATH_UNREADABLE",
      "a part of it cannot be opened, so that it cannot be checked",
      "correct its permissions",
    ],
  };

/**
 * Opens what path arguments name, see {@link openBeneath}. What does not exist is fine in a root that
 * is shown whole: the program will say so, or make it. A link that is made later leads to nothing
 * outside the roots inside a sandbox either; at level `none` it would be followed.
 *
 * @param sources Real host path of each root, by name.
 */
export function confinePaths(
  action: Action,
  values: Readonly<Record<string, JsonValue>>,
  sources: Readonly<Record<string, string>>,
): Confinement {
  const findings: Finding[] = [];
  const paths: OpenArgument[] = [];
  for (const [name, spec] of Object.entries(action.arguments)) {
    const value = values[name];
    if (spec.type !== "path" || typeof value !== "string") {
      continue;
    }
    const opened = openBeneath(sources[spec.root] ?? "/nonexistent", value);
    if (opened.fault === undefined) {
      paths.push({ root: spec.root, path: value, fd: opened.fd });
    } else if (opened.fault !== "absent" || action.roots[spec.root]?.show === "named") {
      const [code, message, hint] = faults[opened.fault];
      findings.push({
        code,
        severity: "error",
        message: `argument ${name}: ${message} (root ${spec.root})`,
        hint,
      });
    }
  }
  if (findings.length > 0) {
    closePaths(paths);
    return { paths: [], findings };
  }
  return { paths, findings };
}

/** Lets go of what {@link confinePaths} opened. */
export function closePaths(paths: readonly OpenArgument[]): void {
  for (const { fd } of paths) {
    closeSync(fd);
  }
}
