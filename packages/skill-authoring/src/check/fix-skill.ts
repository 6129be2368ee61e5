import { lstat, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

import { maxTextBytes, readStrictYaml, splitFrontMatter } from "@clawkeep/skill-format";

import { writeBlockYaml } from "../write/block-yaml.ts";
import type { YamlData } from "../write/block-yaml.ts";
import { writeInside } from "../write/write-inside.ts";

/** What {@link fixSkill} did. */
export interface SkillFix {
  /** Codes of the rules that were broken and are not any more, in the order of the repair. */
  readonly fixed: readonly string[];
}

/**
 * Repairs what can be repaired in `SKILL.md` without changing what it means: byte order mark, line
 * ends, spaces at line ends of the front matter, flow style, a name that is not the folder's. Anything
 * but a regular file of at most 256,000 bytes is left alone.
 *
 * @throws CodedError WRITE_REFUSED, FILE_NOT_REPLACED
 */
export async function fixSkill(folder: string): Promise<SkillFix> {
  const path = join(folder, "SKILL.md");
  const stat = await lstat(path).catch(() => undefined);
  if (stat?.isFile() !== true || stat.nlink > 1 || stat.size > maxTextBytes) return { fixed: [] };
  const before = await readFile(path);
  const text = fixText(before, basename(resolve(folder)));
  if (text.fixed.length > 0) await writeInside(folder, "SKILL.md", text.text);
  return { fixed: text.fixed };
}

/** The repair itself, on the bytes of a `SKILL.md`. */
export function fixText(
  bytes: Uint8Array,
  folderName: string,
): SkillFix & { readonly text: string } {
  const fixed: string[] = [];
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { fixed, text: "" };
  }
  const step = (code: string, next: string): void => {
    if (next === text) return;
    text = next;
    fixed.push(code);
  };
  if (text.includes("\u0000")) return { fixed, text };
  step("TEXT_BYTE_ORDER_MARK", text.replace(/^\ufeff/u, ""));
  step("TEXT_CRLF", text.replaceAll("\r\n", "\n"));
  const split = splitFrontMatter(text, "SKILL.md").frontMatter;
  if (split === undefined) return { fixed, text };
  const { body } = split;
  const withYaml = (yaml: string): string => `---\n${yaml}\n---\n${body}`;
  // A block scalar may end in spaces that are meant.
  let yaml = split.yaml;
  if (!/[|>][-+0-9]*\s*(?:#.*)?$/mu.test(yaml)) yaml = yaml.replace(/[ \t]+$/gmu, "");
  step("SKILL_TRAILING_SPACE", withYaml(yaml));
  const blocked = toBlockStyle(yaml);
  if (blocked !== undefined) {
    yaml = blocked;
    step("YAML_FLOW_STYLE", withYaml(yaml));
  }
  const read = readStrictYaml(yaml, { file: "SKILL.md", flowStyle: false });
  const isFolderName = folderName.length <= 64 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/u.test(folderName);
  const name: unknown = isMapping(read.value) ? read.value["name"] : undefined;
  // One line, one value: anything else is for a person.
  if (isFolderName && typeof name === "string" && name !== folderName) {
    const named = yaml.replace(
      /^name:[ ]+[^\n#|>&*!]+$/mu,
      writeBlockYaml({ name: folderName }).trimEnd(),
    );
    const value = readStrictYaml(named, { file: "SKILL.md", flowStyle: false }).value;
    if (isMapping(value) && value["name"] === folderName) step("SKILL_NAME", withYaml(named));
  }
  return { fixed, text };
}

/** Block style with the same meaning, or `undefined` when it is that already or something would be lost. */
function toBlockStyle(yaml: string): string | undefined {
  const block = readStrictYaml(yaml, { file: "SKILL.md", flowStyle: false });
  if (!block.findings.some(({ code }) => code === "YAML_FLOW_STYLE")) return undefined;
  const flow = readStrictYaml(yaml, { file: "SKILL.md" });
  // Comments would be lost.
  if (!isMapping(flow.value) || /(?:^|\s)#/u.test(yaml)) return undefined;
  try {
    return writeBlockYaml(flow.value).trimEnd();
  } catch {
    return undefined;
  }
}

function isMapping(value: unknown): value is { readonly [key: string]: YamlData } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
