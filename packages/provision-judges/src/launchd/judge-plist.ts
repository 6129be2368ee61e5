import { isObject } from "@clawkeep/openclaw-contract";

import { texts } from "../artifacts/read-artifacts.ts";
import { ofKind } from "../foreign/foreign-judge.ts";
import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { objection, opinion, refusal, together } from "../foreign/opinion.ts";

const program =
  "import json,plistlib,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))";

/** Python's `plistlib`: reads the property list, and what it read has what launchd needs to start a program. */
export const plistJudge: ForeignJudge = {
  name: "plistlib",
  programs: ["python3"],
  version: ["--version"],
  reads: ofKind("launchd-plist"),
  judge: async (read, ask) => {
    const opinions = [];
    for (const { path, text } of read) {
      const answer = await ask({ argv: ["-I", "-S", "-c", program], files: [], stdin: text });
      opinions.push(
        answer.exitCode === 0
          ? opinion(faults(answer.stdout, path).map((message) => objection("PLIST", path, message)))
          : refusal("PLIST", path, answer),
      );
    }
    return together(opinions);
  },
};

function faults(json: string, path: string): readonly string[] {
  const value: unknown = JSON.parse(json);
  if (!isObject(value)) return ["expected a dictionary, got something else"];
  const { Label, ProgramArguments, EnvironmentVariables } = value;
  const first = texts(ProgramArguments)[0] ?? "";
  return [
    ...(path.endsWith(`${String(Label)}.plist`) && Label !== ""
      ? []
      : [`expected the file's name as Label, got ${JSON.stringify(Label)}`]),
    ...(first.startsWith("/") && texts(ProgramArguments).length === lengthOf(ProgramArguments)
      ? []
      : [
          `expected an absolute program and texts after it, got ${JSON.stringify(ProgramArguments)}`,
        ]),
    ...(EnvironmentVariables === undefined ||
    (isObject(EnvironmentVariables) &&
      Object.values(EnvironmentVariables).every((one) => typeof one === "string"))
      ? []
      : ["expected texts in EnvironmentVariables"]),
  ];
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : -1;
}
