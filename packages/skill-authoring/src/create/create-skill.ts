import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { CodedError, formatFinding, hasErrors } from "@clawkeep/diagnostics";
import { generatedMarkers, parseContract } from "@clawkeep/skill-format";

import { syncText } from "../sync/sync-skill.ts";
import { writeBlockYaml } from "../write/block-yaml.ts";
import type { YamlData } from "../write/block-yaml.ts";
import { templateOf } from "./templates.ts";
import type { TemplateInput, TemplateName } from "./templates.ts";

/** A skill that was made. */
export interface CreatedSkill {
  readonly folder: string;
  /** Relative to the folder, sorted. */
  readonly files: readonly string[];
}

/**
 * Makes a skill folder from a template: `SKILL.md` with the contract's digest and a generated part,
 * `exec.yaml`, cases, program files. The folder must not be there; nothing is overwritten.
 *
 * @throws CodedError CREATE_NAME, CREATE_EXISTS, CREATE_CONTRACT, or those of `parseCommandTemplate`
 */
export async function createSkill(
  parent: string,
  template: TemplateName,
  input: TemplateInput,
): Promise<CreatedSkill> {
  const files = skillFiles(template, input);
  const folder = join(parent, input.name);
  await mkdir(parent, { recursive: true });
  // Not recursive: a folder or link that is there is an error.
  await mkdir(folder).catch((cause: unknown) => {
    throw new CodedError({
      code: "CREATE_EXISTS",
      message: `expected to make ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "Choose another name, or remove what is there.",
      cause,
    });
  });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { flag: "wx" });
  }
  return { folder, files: Object.keys(files).toSorted() };
}

/** The files of a new skill by path. Throws as {@link createSkill} does. */
export function skillFiles(
  template: TemplateName,
  input: TemplateInput,
): Readonly<Record<string, string>> {
  if (input.name.length > 64 || !/^[a-z0-9]+(?:-[a-z0-9]+)*$/u.test(input.name)) {
    throw new CodedError({
      code: "CREATE_NAME",
      message: `expected a name of 1 to 64 of a-z, 0-9 and single hyphens between them, got ${JSON.stringify(input.name)}`,
      hint: "It is the folder's name as well.",
    });
  }
  const { contract, files, cases } = templateOf(template, input);
  const written = writeBlockYaml(contract, { allowEmpty: true });
  return {
    "SKILL.md": skillText(input, written, files),
    "exec.yaml": written,
    "cases/cases.yaml": listOf(cases),
    ...files,
  };
}

/** A `SKILL.md` in front of a contract: front matter, a place for words, the generated part. */
function skillText(
  { name, description }: TemplateInput,
  written: string,
  files: Readonly<Record<string, string>>,
): string {
  const bytes = Buffer.from(written);
  const others = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const { contract, findings } = parseContract(bytes, "exec.yaml", others);
  if (contract === undefined || hasErrors(findings)) {
    throw new CodedError({
      code: "CREATE_CONTRACT",
      message: findings.map((finding) => formatFinding(finding)).join("; "),
      hint: "Change the description or the command.",
    });
  }
  const front = writeBlockYaml({ name, description, license: "MIT-0" });
  const { begin, end } = generatedMarkers;
  const text = `---\n${front}---\n\n# ${name}\n\nSay here when an agent should use it, and when not.\n\n${begin}\n${end}\n`;
  return syncText(text, { contract, contractFile: "exec.yaml", contractBytes: bytes });
}

/** Cases as a list at the top of a file. An argument-less case has no key `arguments`. */
function listOf(cases: readonly { readonly [key: string]: YamlData }[]): string {
  const written = writeBlockYaml({ cases: cases.map(withoutEmpty) }).replace(/^cases:\n/u, "");
  return written.replace(/^ {2}/gmu, "");
}

function withoutEmpty(item: { readonly [key: string]: YamlData }): {
  readonly [key: string]: YamlData;
} {
  const { arguments: values, ...rest } = item;
  const isEmpty = typeof values === "object" && values !== null && Object.keys(values).length === 0;
  return values === undefined || isEmpty ? rest : item;
}
