import { cpSync, writeFileSync } from "node:fs";
import path from "node:path";

import { makeOwnFolder } from "../openclaw/principal.ts";
import type { Ended, Principal } from "../openclaw/principal.ts";
import type { Host } from "./host.ts";
import { must } from "./host.ts";
import { documents } from "./question.ts";

/** A workspace with an index and a lock: what an operator has before the skills service is started. */
export interface SkillsWorkspace {
  /** `recovery.md` lies here. */
  readonly corpus: string;
  /** Runs `clawkeep-skill ARGS` as its owner. */
  skill(args: readonly string[]): Promise<Ended>;
}

/**
 * @param workspace Where the service looks.
 * @param home Its `CLAWKEEP_HOME`.
 * @throws Error when a program says no
 */
export async function makeSkillsWorkspace(
  host: Host,
  owner: Principal,
  workspace: string,
  home: string,
): Promise<SkillsWorkspace> {
  for (const folder of [path.dirname(workspace), workspace, home]) makeOwnFolder(owner, folder);
  const corpus = makeOwnFolder(owner, path.join(path.dirname(workspace), "corpus"));
  for (const [name, text] of Object.entries(documents)) {
    writeFileSync(path.join(corpus, name), text);
  }
  cpSync(path.join(host.world.clone, "skills"), path.join(workspace, "skills"), {
    recursive: true,
  });
  must("chown", ["-R", `${owner.uid}:${owner.gid}`, path.dirname(workspace)]);
  const options = { cwd: workspace, environment: { CLAWKEEP_HOME: home } };
  const index = path.join(workspace, ".clawkeep/index");
  const skill: SkillsWorkspace["skill"] = (args) =>
    host.run("clawkeep-skill", args, owner, options);
  const indexed = await host.run("local-rag", ["index", corpus, "--index", index], owner, options);
  if (indexed.code !== 0) throw new Error(`local-rag index: ${indexed.stderr}`);
  const locked = await skill(["lock", "skills/local-rag"]);
  if (locked.code !== 0) throw new Error(`clawkeep-skill lock: ${locked.stderr}${locked.stdout}`);
  return { corpus, skill };
}
