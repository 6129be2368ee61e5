import type { Mount, SandboxLevel } from "@clawkeep/sandbox";
import type { Skill } from "@clawkeep/skill-format";
import path from "node:path";

import type { ResolvedRoot } from "../binding/resolve-roots.ts";
import type { StoredClosure } from "../program/open-closure.ts";

/** What a program sees of the machine at a level, and under which names. */
export interface ProgramView {
  /** Host path of the file that is executed: the interpreter, or the entry itself. */
  readonly executable: string;
  /** Before the action's own argv: the interpreter's arguments and the entry. */
  readonly argv: readonly string[];
  /** Where the program sees each root, by name. */
  readonly roots: Readonly<Record<string, string>>;
  readonly readRoots: readonly Mount[];
  readonly writeRoots: readonly Mount[];
}

/**
 * Lays out a program's view. Under bubblewrap everything has a fixed place (`/closure`, `/skill`,
 * `/interpreter`, `/roots/NAME`), so that a run does not depend on where the files really are; below
 * level `bubblewrap` nothing can be moved.
 *
 * @param prefix Where a test has those fixed places instead of `/`, such as `/elsewhere`.
 */
export function programView(
  level: SandboxLevel,
  skill: Skill,
  closure: StoredClosure,
  roots: readonly ResolvedRoot[],
  prefix = "",
): ProgramView {
  const { manifest, interpreterPath } = closure;
  const mounted = level === "bubblewrap";
  const shown = (source: string, target: string): Mount => ({
    source,
    target: mounted ? `${prefix}${target}` : source,
  });
  const program = mounted
    ? `${prefix}${manifest.kind === "file" ? "/skill" : "/closure"}`
    : closure.folder;
  const entry = path.posix.join(program, manifest.entry);
  const at = ({ name, source }: ResolvedRoot): string =>
    mounted ? `${prefix}/roots/${name}` : source;
  const mount = (root: ResolvedRoot): readonly Mount[] =>
    root.files?.map((file) => ({
      source: path.join(root.source, file),
      target: path.posix.join(at(root), file),
    })) ?? [{ source: root.source, target: at(root) }];
  const copied = manifest.interpreter?.standalone === true && interpreterPath !== undefined;
  return {
    executable: interpreterPath ?? path.join(closure.folder, manifest.entry),
    argv: manifest.interpreter === undefined ? [] : [...manifest.interpreter.argv, entry],
    roots: Object.fromEntries(roots.map((root) => [root.name, at(root)])),
    readRoots: [
      ...(level !== "none"
        ? [
            { source: closure.folder, target: program },
            // A skill's own program is its whole folder, and then the locked copy stands for it.
            ...(manifest.kind === "file" ? [] : [shown(skill.folder, "/skill")]),
            ...(copied ? [shown(path.dirname(interpreterPath), "/interpreter")] : []),
          ]
        : []),
      ...roots.filter(({ access }) => access === "read").flatMap(mount),
    ],
    writeRoots: roots.filter(({ access }) => access === "write").flatMap(mount),
  };
}
