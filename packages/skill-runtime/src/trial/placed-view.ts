import type { SandboxLevel } from "@clawkeep/sandbox";
import type { Skill } from "@clawkeep/skill-format";
import { cp } from "node:fs/promises";
import path from "node:path";

import type { ResolvedRoot } from "../binding/resolve-roots.ts";
import type { StoredClosure } from "../program/open-closure.ts";
import { programView } from "../running/program-view.ts";
import type { ProgramView } from "../running/program-view.ts";
import { shakenPlace } from "./trial.ts";

/**
 * The view of a program, or, when a test names a `place`, the same at other paths: mounted elsewhere,
 * or copied into the place where nothing can be mounted.
 */
export async function placedView(
  level: SandboxLevel,
  skill: Skill,
  closure: StoredClosure,
  roots: readonly ResolvedRoot[],
  place: string | undefined,
): Promise<ProgramView> {
  if (place === undefined) return programView(level, skill, closure, roots);
  if (level === "bubblewrap") return programView(level, skill, closure, roots, shakenPlace);
  const folder = path.join(place, "program");
  await cp(closure.folder, folder, { recursive: true });
  return programView(level, skill, { ...closure, folder }, roots);
}
