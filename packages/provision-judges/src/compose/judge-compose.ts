import type { JudgedFile } from "../artifacts/judged-file.ts";
import { ofKind } from "../foreign/foreign-judge.ts";
import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { refusal, together } from "../foreign/opinion.ts";

/** `docker compose config`, without a daemon: names that lead nowhere, keys that it does not know, merges of overlays. */
export const composeJudge: ForeignJudge = {
  name: "compose config",
  programs: ["docker-compose"],
  version: ["version", "--short"],
  reads: ofKind("compose"),
  judge: async (read, ask) => {
    const opinions = [];
    for (const merged of stacks(read)) {
      const named = merged.flatMap(({ path }) => ["-f", path]);
      const answer = await ask({
        argv: ["--profile", "*", ...named, "config", "--quiet"],
        // Files that are mounted or that hold a secret must be there: empty ones stand for them.
        files: [
          ...read,
          ...["secrets/container/x", "config/x"].map((path) => ({ path, text: "" })),
        ],
      });
      opinions.push(refusal("COMPOSE_CONFIG", merged.map(({ path }) => path).join(" + "), answer));
    }
    return together(opinions);
  },
};

/** The base alone, the base with each overlay, and with all of them. Without a base each file is one. */
function stacks(files: readonly JudgedFile[]): readonly (readonly JudgedFile[])[] {
  const base = files.find(({ path }) => /(?:^|\/)compose\.yaml$/u.test(path));
  if (base === undefined) return files.map((one) => [one]);
  const overlays = files.filter((one) => one !== base);
  return [
    [base],
    ...overlays.map((one) => [base, one]),
    ...(overlays.length > 1 ? [[base, ...overlays]] : []),
  ];
}
