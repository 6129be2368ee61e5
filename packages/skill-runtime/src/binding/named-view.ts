import type { Mount, SandboxLevel } from "@clawkeep/sandbox";
import type { Action } from "@clawkeep/skill-format";
import path from "node:path";

import type { ProgramView } from "../running/program-view.ts";
import type { OpenArgument } from "./confine-paths.ts";
import type { ResolvedRoot } from "./resolve-roots.ts";

/**
 * A view in which a root with `show: named` is only what path arguments name of it: the very files
 * that were opened, bound by their descriptors at the same place below the root.
 *
 * Only where the sandbox makes its own tree can a root be shown in part; elsewhere the view stays.
 */
export function namedView(
  view: ProgramView,
  level: SandboxLevel,
  action: Action,
  roots: readonly ResolvedRoot[],
  paths: readonly OpenArgument[],
): ProgramView {
  const named = roots.filter(({ name }) => action.roots[name]?.show === "named");
  if (level !== "bubblewrap" || named.length === 0) {
    return view;
  }
  const hidden = new Set(named.map(({ name }) => view.roots[name]));
  const shown = new Map<string, Mount>();
  for (const { root, path: relative, fd } of paths) {
    const source = named.find(({ name }) => name === root)?.source;
    const at = view.roots[root];
    if (source !== undefined && at !== undefined) {
      const target = path.posix.join(at, relative);
      shown.set(target, { source: path.join(source, relative), target, descriptor: fd });
    }
  }
  return {
    ...view,
    readRoots: [
      ...view.readRoots.filter(({ target }) => !hidden.has(target)),
      // A folder comes before what lies in it, or it would cover it.
      ...[...shown.values()].sort((a, b) => (a.target < b.target ? -1 : 1)),
    ],
  };
}
