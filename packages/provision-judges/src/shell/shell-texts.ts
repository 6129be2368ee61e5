import { isObject } from "@clawkeep/openclaw-contract";
import { parse } from "yaml";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { texts } from "../artifacts/read-artifacts.ts";

/** A text that a shell will run, wherever it stands. */
export interface ShellText {
  readonly file: string;
  readonly where: string;
  readonly shell: "sh" | "bash";
  readonly text: string;
}

/** Every shell text of the files: scripts, and what a compose file, a Dockerfile, a unit or a Quadlet gives to a shell. */
export function shellTexts(files: readonly JudgedFile[]): readonly ShellText[] {
  return files.flatMap((file) => [
    ...scripts(file),
    ...(file.kind === "compose" ? inCompose(file) : []),
    ...(file.kind === "dockerfile" ? inDockerfile(file) : []),
    ...(file.kind === "systemd-unit" || file.kind === "quadlet" ? inUnit(file) : []),
  ]);
}

function scripts({ path, text }: JudgedFile): readonly ShellText[] {
  const bang = /^#!\s*\S*\/(?:env\s+)?(bash|dash|sh)\b/u.exec(text)?.[1];
  if (bang === undefined && !/\.(?:ba)?sh$/u.test(path)) return [];
  return [{ file: path, where: "script", shell: bang === "bash" ? "bash" : "sh", text }];
}

/** `[…, "bash", "-c", TEXT]` anywhere, and tests of health that are for a shell. */
function inCompose({ path, text }: JudgedFile): readonly ShellText[] {
  const found: ShellText[] = [];
  const walk = (value: unknown, where: string): void => {
    if (Array.isArray(value)) {
      const words = texts(value);
      const given = afterShell(words);
      if (given !== undefined) found.push({ file: path, where, ...given });
      else if (words[0] === "CMD-SHELL" && words[1] !== undefined)
        found.push({ file: path, where, shell: "sh", text: words[1] });
      value.forEach((one, index) => walk(one, `${where}.${index}`));
    } else if (isObject(value)) {
      for (const [key, one] of Object.entries(value)) {
        if (key === "test" && typeof one === "string")
          found.push({ file: path, where: `${where}.test`, shell: "sh", text: one });
        walk(one, where === "" ? key : `${where}.${key}`);
      }
    }
  };
  walk(parse(text), "");
  // A dollar is written twice where compose must leave it.
  return found.map((one) => ({ ...one, text: one.text.replaceAll("$$", "$") }));
}

function afterShell(words: readonly string[]): Pick<ShellText, "shell" | "text"> | undefined {
  const at = words.findIndex(
    (word, index) =>
      /(?:^|\/)(?:ba|da)?sh$/u.test(word) && /^-[a-z]*c$/u.test(words[index + 1] ?? ""),
  );
  const text = at < 0 ? undefined : words[at + 2];
  if (text === undefined) return undefined;
  return { shell: (words[at] ?? "").endsWith("bash") ? "bash" : "sh", text };
}

function inDockerfile({ path, text }: JudgedFile): readonly ShellText[] {
  const lines = text.replaceAll(/\\\n/gu, "").split("\n");
  return lines.flatMap((line): readonly ShellText[] => {
    const [, instruction = "", rest = ""] =
      /^(RUN|CMD|ENTRYPOINT)\s+(.*)$/u.exec(line) ??
      /^(HEALTHCHECK)\s.*?CMD\s+(.*)$/u.exec(line) ??
      [];
    if (rest === "") return [];
    if (!rest.startsWith("[")) return [{ file: path, where: instruction, shell: "sh", text: rest }];
    const given = afterShell(texts(parse(rest)));
    return given === undefined ? [] : [{ file: path, where: instruction, ...given }];
  });
}

function inUnit({ path, text }: JudgedFile): readonly ShellText[] {
  return text.split("\n").flatMap((line): readonly ShellText[] => {
    const [, key = "", rest = ""] = /^(Exec\w*|HealthCmd)=(.*)$/u.exec(line) ?? [];
    const words = (rest.match(/"(?:[^"\\]|\\.)*"|'[^']*'|\S+/gu) ?? []).map((word) =>
      /^["']/u.test(word) ? word.slice(1, -1).replaceAll(/\\(.)/gu, "$1") : word,
    );
    const given = afterShell(words);
    return given === undefined ? [] : [{ file: path, where: key, ...given }];
  });
}
