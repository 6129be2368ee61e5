import { join } from "node:path";

import type { Finding } from "@clawkeep/diagnostics";
import type { Skill } from "@clawkeep/skill-format";

import type { SkillCase } from "../case.ts";
import { cassettePath } from "./cassette-path.ts";

/** Cases that would overwrite each other's cassettes, and cassettes that no case plays. */
export function checkCassettes(skill: Skill, cases: readonly SkillCase[]): readonly Finding[] {
  const owners = new Map<string, SkillCase>();
  const findings: Finding[] = [];
  for (const one of cases) {
    const services = skill.contract.actions[one.action]?.services ?? [];
    const paths = services.map((service) => cassettePath(one, service));
    if (paths.some((path) => owners.has(path))) {
      findings.push({
        code: "CASE_VALUE",
        severity: "error",
        message: `expected a name that no other case of the file has, got ${JSON.stringify(one.name)}`,
        hint: "The cassette is found by it.",
        file: one.file,
        line: one.line,
      });
    }
    for (const path of paths) owners.set(path, one);
  }
  for (const { path } of skill.files) {
    const file = join(skill.folder, path);
    const isUsed = owners.get(file)?.expect.kind === "run";
    if (path.startsWith("cases/cassettes/") && !isUsed) {
      findings.push({
        code: "CASSETTE_UNUSED",
        severity: "warning",
        message:
          "no case plays this cassette: its case or service has another name now, or is gone",
        hint: "Remove it, or record again: skill test --record",
        file,
      });
    }
  }
  return findings;
}
