import { ofKind } from "../foreign/foreign-judge.ts";
import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { objection, opinion, refusal, together } from "../foreign/opinion.ts";
import { askAnalyze } from "./ask-analyze.ts";

/** `systemd-analyze verify`: every line that it prints is a no, for it warns of a key that it will ignore. */
export const unitSyntaxJudge: ForeignJudge = {
  name: "systemd-analyze verify",
  programs: ["systemd-analyze"],
  version: ["--version"],
  needs: "network",
  reads: ofKind("systemd-unit"),
  judge: async (read, ask) => {
    const opinions = [];
    for (const one of read) {
      const answer = await askAnalyze(ask, one, ["verify"], read);
      // What the machine's own units and its own folders lack is no fault of this one.
      const words = answer.stderr.split("\n").filter((line) => line.includes(answer.name));
      opinions.push(
        words.length > 0
          ? opinion(words.map((line) => objection("SYSTEMD_VERIFY", one.path, line)))
          : refusal("SYSTEMD_VERIFY", one.path, answer),
      );
    }
    return together(opinions);
  },
};
