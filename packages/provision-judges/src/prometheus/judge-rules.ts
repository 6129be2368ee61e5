import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { refusal, together } from "../foreign/opinion.ts";

/** `promtool check rules`, where a deployment has rules. None of ours has any: metrics have no alert of their own. */
export const promtoolJudge: ForeignJudge = {
  name: "promtool check rules",
  programs: ["promtool"],
  version: ["--version"],
  reads: (files) => files.filter(({ path }) => /\.rules\.ya?ml$/u.test(path)),
  judge: async (read, ask) => {
    const opinions = [];
    for (const file of read) {
      const answer = await ask({ argv: ["check", "rules", file.path], files: [file] });
      opinions.push(refusal("PROMTOOL", file.path, answer));
    }
    return together(opinions);
  },
};
