import type { Finding } from "@clawkeep/diagnostics";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { at } from "../artifacts/read-artifacts.ts";
import { readYaml } from "../artifacts/read-yaml.ts";
import { missing } from "./control.ts";

/**
 * Variables of compose: the project that the base names, files that are there with the base first, no profile that
 * leads out, and nothing else, so that no secret is among them.
 */
export function variablesFindings(
  file: JudgedFile,
  files: readonly JudgedFile[],
): readonly Finding[] {
  const base = files.find(({ path }) => path === "compose.yaml");
  const project = at(base === undefined ? undefined : readYaml(base.text), "name");
  const named = /^COMPOSE_FILE=(.+)$/mu.exec(file.text)?.[1]?.split(":") ?? [];
  return missing("HARDENING_VARIABLES", file, [
    {
      expected: "the project of compose.yaml",
      holds: (lines) => lines.includes(`COMPOSE_PROJECT_NAME=${String(project)}`),
    },
    {
      expected: "compose.yaml, then overlays that are there",
      holds: () =>
        named[0] === "compose.yaml" &&
        named.every((name) => files.some(({ path }) => path === name)),
    },
    { expected: "no profile", holds: (lines) => lines.includes("COMPOSE_PROFILES=") },
    {
      expected: "variables of compose and no others",
      holds: (lines) =>
        lines.every((one) => /^(?:#.*|COMPOSE_(?:PROJECT_NAME|FILE|PROFILES)=.*)?$/u.test(one)),
    },
  ]);
}
