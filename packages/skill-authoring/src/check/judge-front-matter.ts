import { basename, resolve } from "node:path";

import type { YamlValue } from "@clawkeep/skill-format";

/** Says that a rule is broken, at a path of the front matter. */
export type Report = (
  code: string,
  message: string,
  hint: string,
  path?: readonly string[],
) => void;

const specKeys = new Set([
  "name",
  "description",
  "license",
  "allowed-tools",
  "metadata",
  "compatibility",
]);
const openclawKeys = new Set([
  ...["version", "homepage", "user-invocable", "disable-model-invocation"],
  ...["command-dispatch", "command-tool", "command-arg-mode"],
]);

/** Judges the values of a front matter that could be read. */
export function judgeFrontMatter(
  yaml: YamlValue,
  source: string,
  folder: string,
  report: Report,
): void {
  const value = yaml.value;
  if (!isMapping(value)) {
    report(
      "SKILL_FRONT_MATTER_SHAPE",
      "expected keys and values, got something else",
      "Write name: … and description: …",
    );
    return;
  }
  for (const key of Object.keys(value)) {
    if (specKeys.has(key)) continue;
    const known = openclawKeys.has(key) ? " (OpenClaw reads it, the validators refuse it)" : "";
    report(
      "SKILL_UNKNOWN_KEY",
      `expected ${[...specKeys].join(", ")}, got ${quote(key)}${known}`,
      "Remove it, or put it under metadata.",
      [key],
    );
  }
  judgeName(value["name"], source, folder, report);
  judgeDescription(value["description"], report);
  const compatibility = value["compatibility"];
  if (
    compatibility !== undefined &&
    (typeof compatibility !== "string" ||
      isOdd(source, "compatibility") ||
      compatibility.trim() === "" ||
      compatibility.length > 500)
  ) {
    report(
      "SKILL_COMPATIBILITY",
      "expected 1 to 500 characters of text",
      "Shorten it, and quote it if it looks like a number or a date.",
      ["compatibility"],
    );
  }
  for (const key of ["license", "allowed-tools"]) {
    if (value[key] !== undefined && typeof value[key] !== "string") {
      report(
        "SKILL_VALUE",
        `expected ${key} to be text`,
        "Quote it, or write one text with spaces.",
        [key],
      );
    }
  }
  const license = value["license"];
  if (license !== undefined && license !== "MIT-0") {
    report(
      "SKILL_LICENSE",
      `expected MIT-0, got ${quote(license)}`,
      "Publish under MIT-0, or do not publish there.",
      ["license"],
    );
  }
  judgeMetadata(value["metadata"], report);
  judgeOpenclaw(value, report);
}

function judgeName(name: unknown, source: string, folder: string, report: Report): void {
  const folderName = basename(resolve(folder));
  if (name === undefined) {
    report("SKILL_MISSING_KEY", "expected name, got nothing", `Write name: ${folderName}`);
    return;
  }
  if (typeof name !== "string" || isOdd(source, "name")) {
    report(
      "SKILL_NAME",
      "expected text that no reader takes for a number or a date",
      "Begin the name with a letter.",
      ["name"],
    );
    return;
  }
  const normal = name.trim().normalize("NFKC");
  // What both reference validators count as a letter: the blocks of the one, the categories of the other.
  const isName =
    /^(?:(?:[0-9a-z]|(?=[\u00c0-\u024f\u0400-\u04ff\u3400-\u4dbf\u4e00-\u9fff])\p{L})+(?:-(?!-|$))?)+$/u.test(
      normal,
    ) && normal === normal.toLowerCase();
  if (normal.length > 64 || !isName) {
    report(
      "SKILL_NAME",
      `expected 1 to 64 lower-case letters, digits and single hyphens between them, got ${quote(name)}`,
      "Rename the skill and its folder.",
      ["name"],
    );
  } else if (normal !== folderName.normalize("NFKC")) {
    report(
      "SKILL_NAME",
      `expected the folder's name ${quote(folderName)}, got ${quote(name)}`,
      "Rename one of the two.",
      ["name"],
    );
  } else if (!/^[a-z0-9-]+$/u.test(name)) {
    report(
      "SKILL_NAME_LETTERS",
      `expected a-z, 0-9 and hyphens, got ${quote(name)}`,
      "Rename the skill and its folder.",
      ["name"],
    );
  }
}

function judgeDescription(description: unknown, report: Report): void {
  const path = ["description"];
  if (description === undefined || description === null) {
    report(
      "SKILL_MISSING_DESCRIPTION",
      "expected description, got nothing",
      "Say what the skill does and when to use it.",
      path,
    );
    return;
  }
  if (typeof description !== "string") {
    report("SKILL_DESCRIPTION_TYPE", "expected description to be text", "Quote it.", path);
    return;
  }
  // eslint-disable-next-line no-control-regex -- one validator counts these as white space
  if (description.replace(/[\s\u001c-\u001f\u0085]/gu, "") === "") {
    report(
      "SKILL_DESCRIPTION",
      "expected words, got only white space",
      "Say what the skill does and when to use it.",
      path,
    );
  }
  if (description.length > 1024) {
    report(
      "SKILL_DESCRIPTION_LONG",
      `expected at most 1024 characters, got ${description.length}`,
      "Say it shorter; detail belongs in the body.",
      path,
    );
  }
  if (/[<>]/u.test(description)) {
    report("SKILL_DESCRIPTION_MARKUP", "expected no < or >", "Say it without them.", path);
  }
  if (description.length > 160 || description.trim().includes("\n")) {
    report(
      "SKILL_DESCRIPTION_SHOWN",
      `expected one line of at most 160 characters, got ${description.length}`,
      "Put the most important words first.",
      path,
    );
  }
}

function judgeMetadata(metadata: unknown, report: Report): void {
  if (metadata === undefined) return;
  if (!isMapping(metadata)) {
    report("SKILL_METADATA", "expected a mapping", "Write keys below metadata.", ["metadata"]);
    return;
  }
  for (const [key, item] of Object.entries(metadata)) {
    if (typeof item === "string") continue;
    report(
      "SKILL_METADATA_VALUE",
      `expected text at ${quote(key)}`,
      "Quote it; OpenClaw needs its own nested mapping all the same.",
      ["metadata", key],
    );
  }
}

const installKinds = new Set(["brew", "node", "go", "uv", "download"]);
const shapes: Readonly<Record<string, (value: unknown) => boolean>> = {
  always: (value) => typeof value === "boolean",
  emoji: isText,
  homepage: isText,
  os: isTexts,
  skillKey: isText,
  primaryEnv: isText,
  envVars: Array.isArray,
  requires: (value) =>
    isMapping(value) &&
    Object.entries(value).every(
      ([key, item]) => ["bins", "anyBins", "env", "config"].includes(key) && isTexts(item),
    ),
  install: (value) =>
    Array.isArray(value) &&
    value.every(
      (item: unknown) =>
        isMapping(item) &&
        installKinds.has(String(item["kind"])) &&
        (item["kind"] !== "download" || isText(item["sha256"])),
    ),
};

function judgeOpenclaw(value: Readonly<Record<string, unknown>>, report: Report): void {
  if (value["exec"] !== undefined) {
    report(
      "OPENCLAW_EXEC_IGNORED",
      "expected no exec: OpenClaw does not read it",
      "Move it into exec.yaml.",
      ["exec"],
    );
  }
  const dispatch = value["command-dispatch"];
  if (dispatch !== undefined && (dispatch !== "tool" || !isText(value["command-tool"]))) {
    report(
      "OPENCLAW_COMMAND",
      "expected command-dispatch: tool beside command-tool",
      "Write both, or neither.",
      ["command-dispatch"],
    );
  }
  const version = value["version"];
  if (
    version !== undefined &&
    !/^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/u.test(typeof version === "string" ? version : "")
  ) {
    report(
      "CLAWHUB_VERSION",
      `expected a version such as 1.0.0, got ${quote(version)}`,
      "Quote it and write three numbers.",
      ["version"],
    );
  }
  const metadata = value["metadata"];
  if (!isMapping(metadata)) return;
  if (metadata["clawdbot"] !== undefined) {
    report("OPENCLAW_METADATA_OLD", "expected openclaw, got clawdbot", "Rename the key.", [
      "metadata",
      "clawdbot",
    ]);
  }
  const openclaw = metadata["openclaw"] ?? metadata["clawdbot"];
  if (openclaw === undefined) return;
  const name = metadata["openclaw"] === undefined ? "clawdbot" : "openclaw";
  if (!isMapping(openclaw)) {
    report("OPENCLAW_METADATA", "expected a mapping", "Write its keys below it.", [
      "metadata",
      name,
    ]);
    return;
  }
  for (const [key, item] of Object.entries(openclaw)) {
    const fits = Object.hasOwn(shapes, key) ? shapes[key] : undefined;
    if (fits?.(item) === true) continue;
    const message =
      fits === undefined
        ? `expected one of ${Object.keys(shapes).join(", ")}, got ${quote(key)}`
        : `expected another shape of ${key}`;
    report("OPENCLAW_METADATA", message, "See OpenClaw's page on skills.", ["metadata", name, key]);
  }
}

/** Whether a top-level value is a plain scalar that a YAML 1.1 reader takes for a number or a date. */
function isOdd(source: string, key: string): boolean {
  const line = source
    .split("\n")
    .find((text) => text.startsWith(`${key}:`) || text.startsWith(`"${key}"`));
  const written = line?.slice(line.indexOf(":") + 1).trim() ?? "";
  return /^[-+.]?[0-9][-+0-9a-fA-FxXoObB_.:TtZz ]*$/u.test(written);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => isText(item));
}

function quote(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 80);
}
