import { ofKind } from "../foreign/foreign-judge.ts";
import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { objection, opinion, refusal, together } from "../foreign/opinion.ts";
import { askAnalyze } from "./ask-analyze.ts";

/** The exposure that a unit may have at most, as systemd counts it: 0 is none, 10 is a service without any confinement. */
export const mostExposure = 2;

/** `systemd-analyze security --offline`: the overall exposure of each unit. */
export const unitSecurityJudge: ForeignJudge = {
  name: "systemd-analyze security",
  programs: ["systemd-analyze"],
  version: ["--version"],
  needs: "network",
  reads: ofKind("systemd-unit"),
  judge: async (read, ask) => {
    const opinions = [];
    for (const one of read) {
      const answer = await askAnalyze(ask, one, ["security", "--offline=true"]);
      const exposure = /exposure level for \S+: ([0-9.]+)/u.exec(answer.stdout)?.[1];
      if (exposure === undefined) {
        opinions.push(
          refusal("SYSTEMD_SECURITY", one.path, { ...answer, exitCode: answer.exitCode || 1 }),
        );
      } else if (Number(exposure) > mostExposure) {
        const words = `expected an exposure of at most ${mostExposure}.0, got ${exposure}`;
        opinions.push(opinion([objection("SYSTEMD_SECURITY", one.path, words)]));
      } else {
        opinions.push({ findings: [], codes: [`exposure ${exposure}`] });
      }
    }
    return together(opinions);
  },
};
