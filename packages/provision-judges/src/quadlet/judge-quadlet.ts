import path from "node:path";

import { ofKind } from "../foreign/foreign-judge.ts";
import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { objection, opinion, refusal } from "../foreign/opinion.ts";

/** Podman's own generator, run dry: it converts every file to a unit, and names each key that it does not know. */
export const quadletJudge: ForeignJudge = {
  name: "quadlet --dryrun",
  programs: ["quadlet", "podman-system-generator"],
  version: ["--version"],
  needs: "network",
  reads: ofKind("quadlet"),
  judge: async (read, ask) => {
    const files = read.map(({ path: file, text }) => ({ path: path.posix.basename(file), text }));
    const answer = await ask({
      argv: ["--dryrun", "--user"],
      files,
      environment: { QUADLET_UNIT_DIRS: "{work}" },
    });
    const words = answer.stderr
      .split("\n")
      .filter((line) => /converting |unsupported|error/iu.test(line));
    const made = new Set([...answer.stdout.matchAll(/^---(\S+)---$/gmu)].map(([, name]) => name));
    const missing = files.filter(({ path: name }) => !made.has(serviceOf(name)));
    if (words.length > 0)
      return opinion(words.map((line) => objection("QUADLET", "quadlet", line)));
    if (missing.length > 0) {
      return opinion(
        missing.map(({ path: name }) =>
          objection("QUADLET", `quadlet/${name}`, `expected ${serviceOf(name)} of it, got none`),
        ),
      );
    }
    return refusal("QUADLET", "quadlet", answer);
  },
};

function serviceOf(name: string): string {
  const { name: stem, ext } = path.posix.parse(name);
  return ext === ".container" ? `${stem}.service` : `${stem}-${ext.slice(1)}.service`;
}
