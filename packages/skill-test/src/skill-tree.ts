import { cp, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import type { Skill } from "@clawkeep/skill-format";

/**
 * Copies exactly the files that belong to a skill to another path, under the same name.
 *
 * @param parent An existing private folder.
 * @returns the same skill, lying there
 */
export async function copySkill(skill: Skill, parent: string, tree: number): Promise<Skill> {
  // Paths of different length too: what a program makes of its path may be cut or padded.
  const folder = join(parent, `tree-${"x".repeat(tree * 7)}${tree}`, basename(skill.folder));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { path } of skill.files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(skill.folder, path), join(folder, path));
  }
  return { ...skill, folder };
}
