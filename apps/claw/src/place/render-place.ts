import { homedir } from "node:os";
import process from "node:process";

import { stateHome } from "@clawkeep/durable-files";
import type { RenderPlace } from "@clawkeep/provision-plan";

/** What rendering needs to know of this machine. The uid is the one that apply gives the skills service. */
export function thisPlace(): RenderPlace {
  return {
    home: homedir(),
    skillsUid: 2000,
    clawkeepHome: stateHome(process.env),
    skillProgram: "/usr/local/bin/clawkeep-skill",
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
  };
}
