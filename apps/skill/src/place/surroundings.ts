import { stateHome } from "@clawkeep/durable-files";
import type { SkillSurroundings } from "@clawkeep/skill-runtime";

import { programFolders } from "./program-folders.ts";
import { findWorkspace } from "./workspace.ts";

/** Options that say where things are, as they were written. */
export interface PlaceOptions {
  readonly workspace?: string;
  readonly programFolder?: readonly string[];
}

/** Where skills, programs and state are for this command. */
export function surroundings(options: PlaceOptions): SkillSurroundings {
  const workspace = findWorkspace(options.workspace);
  return {
    home: stateHome(process.env),
    workspace,
    programFolders: programFolders(workspace, options.programFolder ?? []),
  };
}
