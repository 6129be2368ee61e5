import { isObject } from "@clawkeep/openclaw-contract";

import { ofKind } from "../foreign/foreign-judge.ts";
import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { objection, opinion, refusal, together } from "../foreign/opinion.ts";

/** hadolint: each of its warnings is a no, informative rules are not. */
export const hadolintJudge: ForeignJudge = {
  name: "hadolint",
  programs: ["hadolint"],
  version: ["--version"],
  reads: ofKind("dockerfile"),
  judge: async (read, ask) => {
    const opinions = [];
    for (const { path, text } of read) {
      const answer = await ask({
        argv: ["--no-fail", "--format", "json", path],
        files: [{ path, text }],
      });
      const said = parsed(answer.stdout);
      if (!Array.isArray(said)) {
        opinions.push(refusal("HADOLINT", path, { ...answer, exitCode: answer.exitCode ?? 1 }));
        continue;
      }
      opinions.push(
        opinion(
          said
            .filter(isObject)
            .map(({ code, level, line, message }) =>
              objection(
                String(code),
                path,
                `line ${String(line)}: ${String(message)}`,
                level === "error" || level === "warning" ? "error" : "warning",
              ),
            ),
        ),
      );
    }
    return together(opinions);
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
