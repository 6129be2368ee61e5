import { isObject } from "@clawkeep/openclaw-contract";

import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { objection, opinion, refusal, together } from "../foreign/opinion.ts";
import { shellTexts } from "./shell-texts.ts";

/** shellcheck over every text that a shell will run: anything it says is a no. */
export const shellcheckJudge: ForeignJudge = {
  name: "shellcheck",
  programs: ["shellcheck"],
  version: ["--version"],
  reads: (files) => {
    const found = new Set(shellTexts(files).map(({ file }) => file));
    return files.filter(({ path }) => found.has(path));
  },
  judge: async (read, ask) => {
    const opinions = [];
    for (const { file, where, shell, text } of shellTexts(read)) {
      const answer = await ask({
        argv: ["--norc", "--format", "json", "--shell", shell, "-"],
        files: [],
        stdin: text.endsWith("\n") ? text : `${text}\n`,
      });
      const said = answer.stdout.startsWith("[") ? (JSON.parse(answer.stdout) as unknown) : [];
      const found = (Array.isArray(said) ? said : [])
        .filter(isObject)
        .map(({ code, line, message }) =>
          objection(
            `SC${String(code)}`,
            file,
            `${where}, line ${String(line)}: ${String(message)}`,
          ),
        );
      opinions.push(found.length > 0 ? opinion(found) : refusal("SHELLCHECK", file, answer));
    }
    return together(opinions);
  },
};
