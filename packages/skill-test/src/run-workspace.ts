import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Action } from "@clawkeep/skill-format";

import type { SkillCase } from "./case.ts";

/** A folder of one run's own: the case's input files and copies of its roots. */
export interface RunWorkspace {
  readonly folder: string;
  /** Roots for the request, absolute. A root that the runtime provides itself is not here. */
  readonly roots: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/**
 * Makes a workspace for a run. Every folder that the case names is copied, and so is every write root
 * that the caller names; a read root that the caller names may be large and is used where it lies.
 * A default of the contract lies in this workspace. What is missing is left for the runtime to refuse.
 *
 * @param parent An existing private folder.
 */
export async function makeRunWorkspace(
  parent: string,
  one: Pick<SkillCase, "roots" | "files">,
  action: Action,
  given: Readonly<Record<string, string>>,
): Promise<RunWorkspace> {
  const folder = await mkdtemp(join(parent, "run-"));
  const remove = async (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const workspace = join(folder, "workspace");
    await mkdir(workspace);
    for (const [target, source] of Object.entries(one.files)) {
      const at = join(workspace, target);
      await mkdir(dirname(at), { recursive: true });
      await cp(source, at);
    }
    const roots: Record<string, string> = {};
    for (const [name, spec] of Object.entries(action.roots)) {
      const own = Object.hasOwn(one.roots, name) ? one.roots[name] : undefined;
      const named = Object.hasOwn(given, name) ? given[name] : undefined;
      const source = own ?? named;
      if (source === undefined) {
        if (spec.default !== undefined) roots[name] = join(workspace, spec.default);
      } else if (own === undefined && spec.access === "read") {
        roots[name] = source;
      } else {
        const at = join(folder, "roots", name);
        await mkdir(dirname(at), { recursive: true });
        await cp(source, at, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== "ENOENT") throw error;
        });
        roots[name] = at;
      }
    }
    return { folder, roots, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
