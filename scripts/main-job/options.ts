import { parseArgs } from "node:util";

import { CodedError } from "@clawkeep/diagnostics";

/** What the main job was asked to do. */
export interface MainJobOptions {
  /** Folder of the user's own files; absent: the pinned dependencies' documents. */
  readonly folder: string | undefined;
  readonly question: string;
  /** Folder that holds `skills/` and gets `skills.lock`; absent: this checkout. */
  readonly workspace: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
  readonly requireSandbox: boolean;
}

export const usage: string = `npm start                                      index the documents of our dependencies, ask one question
npm start -- --ask "how do I …?"               ask another one
npm start -- --dir ~/notes --ask "…"           index your own folder and ask it
npm start --silent -- --dir ~/notes --ask "…" --json   the answer as JSON on stdout

  --require-sandbox   refuse to run the skill without a sandbox
  --workspace PATH    take skills/ and skills.lock of another folder than this checkout
`;

const defaultQuestion = "How do I make an option mandatory in a command line program?";

/** Reads the command line; throws `MAIN_JOB_USAGE` for what it does not know. */
export function readOptions(args: readonly string[]): MainJobOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        dir: { type: "string" },
        ask: { type: "string" },
        workspace: { type: "string" },
        json: { type: "boolean", default: false },
        "require-sandbox": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return {
      folder: values.dir,
      question: values.ask ?? defaultQuestion,
      workspace: values.workspace,
      json: values.json,
      help: values.help,
      requireSandbox: values["require-sandbox"],
    };
  } catch (error) {
    throw new CodedError({
      code: "MAIN_JOB_USAGE",
      message: error instanceof Error ? error.message : String(error),
      hint: "npm start -- --help shows what can be asked",
    });
  }
}
