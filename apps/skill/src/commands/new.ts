import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { createSkill, templates } from "@clawkeep/skill-authoring";
import type { TemplateName } from "@clawkeep/skill-authoring";

import { printData, printJson } from "../output/print.ts";
import { findWorkspace } from "../place/workspace.ts";

/** Options of `new` as they were written. */
export interface NewOptions {
  readonly workspace?: string;
  readonly template?: string;
  readonly description?: string;
  readonly program?: string;
  readonly wrap?: string;
  readonly json?: boolean;
}

/** Makes a skill. What is not said is asked for on a terminal, and is a usage error elsewhere. */
export async function newSkill(name: string | undefined, options: NewOptions): Promise<number> {
  const written = options.template ?? (options.wrap === undefined ? undefined : "wrap");
  const answers = await complete({ ...options, name, template: written });
  const workspace = place(options.workspace);
  const created = await createSkill(join(workspace, "skills"), answers.template, {
    name: answers.name,
    description: answers.description,
    ...(options.program === undefined ? {} : { program: options.program }),
    ...(answers.wrap === undefined ? {} : { command: answers.wrap }),
  });
  if (options.json === true) {
    printJson({ version: 1, ok: true, ...created });
    return 0;
  }
  const folder = relative(process.cwd(), created.folder) || created.folder;
  printData(
    escapeForTerminal(
      [
        `made ${folder}`,
        ...created.files.map((file) => `  ${file}`),
        "next:",
        `  say in SKILL.md when to use it, and change exec.yaml; then: clawkeep-skill sync ${folder}`,
        "  clawkeep-skill lock",
        `  clawkeep-skill test ${folder}`,
      ].join("\n"),
      { keepNewlines: true },
    ),
  );
  return 0;
}

interface Answers {
  readonly name: string;
  readonly template: TemplateName;
  readonly description: string;
  readonly wrap: string | undefined;
}

async function complete(given: {
  readonly name: string | undefined;
  readonly template: string | undefined;
  readonly description?: string;
  readonly wrap?: string;
}): Promise<Answers> {
  let { name, template, description, wrap } = given;
  const isComplete =
    name !== undefined &&
    template !== undefined &&
    (description !== undefined || template === "wrap") &&
    (template !== "wrap" || wrap !== undefined);
  if (!isComplete) {
    if (!process.stdin.isTTY || !process.stdout.isTTY) {
      throw new CodedError({
        code: "NEW_INCOMPLETE",
        message: "expected a name, --template and --description (or --wrap), got less",
        hint: "Say them all, or run it on a terminal, where it asks.",
      });
    }
    // Loaded only when something is asked.
    const ask = await import("@clack/prompts");
    const answered = (value: string | symbol): string => {
      if (typeof value === "string") return value;
      throw new CodedError({ code: "NEW_CANCELLED", message: "cancelled: nothing was written" });
    };
    const text = async (message: string, placeholder: string): Promise<string> =>
      answered(
        await ask.text({
          message,
          placeholder,
          validate: (value) => ((value ?? "").trim() === "" ? "Write something." : undefined),
        }),
      );
    name ??= await text("Name of the skill", "top-words");
    template ??= answered(
      await ask.select({
        message: "What is it?",
        options: Object.entries(templates).map(([value, label]) => ({ value, label })),
      }),
    );
    if (template === "wrap") wrap ??= await text("The command", "git log -n {{count}}");
    description ??= await text(
      "What does it do, and when is it used?",
      "Count the words of a text.",
    );
  }
  const known = Object.keys(templates) as readonly TemplateName[];
  const chosen = known.find((one) => one === template);
  if (chosen === undefined || name === undefined) {
    throw new CodedError({
      code: "TEMPLATE_UNKNOWN",
      message: `expected --template ${known.join(", ")}, got ${JSON.stringify(template)}`,
      hint: "Write one of them.",
    });
  }
  return { name, template: chosen, description: description ?? `Run ${wrap ?? name}.`, wrap };
}

/** The workspace, or this very folder when there is none yet. */
function place(named: string | undefined): string {
  if (named !== undefined) return resolve(named);
  try {
    return findWorkspace(undefined);
  } catch (error) {
    if (existsSync("skills")) throw error;
    return process.cwd();
  }
}
