import { ofKind } from "../foreign/foreign-judge.ts";
import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { objection, opinion, refusal, together } from "../foreign/opinion.ts";
import { isUserUnit, unitCopy } from "./unit-copy.ts";

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
      const copy = unitCopy(one);
      const answer = await ask({
        argv: [
          ...(isUserUnit(one.text) ? ["--user"] : []),
          "verify",
          "--no-pager",
          `./${copy.path}`,
        ],
        // The others are there too: a unit may order itself after them.
        files: read.map(unitCopy),
        environment: { XDG_RUNTIME_DIR: "/run" },
      });
      // What the machine's own units and its own folders lack is no fault of this one.
      const words = answer.stderr.split("\n").filter((line) => line.includes(copy.path));
      opinions.push(
        words.length > 0
          ? opinion(words.map((line) => objection("SYSTEMD_VERIFY", one.path, line)))
          : refusal("SYSTEMD_VERIFY", one.path, answer),
      );
    }
    return together(opinions);
  },
};
