import { ofKind } from "../foreign/foreign-judge.ts";
import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { objection, opinion, refusal, together } from "../foreign/opinion.ts";

/** `squid -k parse`: an error, and also a warning, which squid prints and then goes on with something else. */
export const squidJudge: ForeignJudge = {
  name: "squid -k parse",
  programs: ["squid"],
  version: ["-v"],
  reads: ofKind("squid"),
  judge: async (read, ask) => {
    const opinions = [];
    for (const file of read) {
      const answer = await ask({ argv: ["-k", "parse", "-f", file.path], files: [file] });
      const words = answer.stderr
        .split("\n")
        .filter((line) => /\b(?:ERROR|FATAL|WARNING)\b|Bungled/u.test(line));
      opinions.push(
        words.length > 0
          ? opinion(words.map((line) => objection("SQUID_PARSE", file.path, line)))
          : refusal("SQUID_PARSE", file.path, answer),
      );
    }
    return together(opinions);
  },
};
