import type { Severity } from "@clawkeep/diagnostics";

/** Whose rules a folder is judged by. */
export type Target = "spec" | "claude" | "openclaw" | "clawhub";

/** All targets, in the order in which they are shown. */
export const targets: readonly Target[] = ["spec", "claude", "openclaw", "clawhub"];

/** A document that rules come from. */
export interface RuleSource {
  readonly name: string;
  readonly link: string;
}

const sources = {
  spec: {
    name: "Agent Skills specification",
    link: "https://agentskills.io/specification",
  },
  claude: {
    name: "quick_validate.py of anthropics/skills",
    link: "https://github.com/anthropics/skills/blob/main/skills/skill-creator/scripts/quick_validate.py",
  },
  openclaw: { name: "OpenClaw: skills", link: "https://docs.openclaw.ai/tools/skills" },
  clawhub: {
    name: "ClawHub: skill format",
    link: "https://github.com/openclaw/clawhub/blob/main/docs/skill-format.md",
  },
  clawkeep: { name: "Clawkeep: docs/exec-contract.md", link: "docs/exec-contract.md" },
} as const satisfies Record<string, RuleSource>;

/** One rule. A target that is not named does not have it. */
export interface Rule {
  readonly severity: Readonly<Partial<Record<Target, Severity>>>;
  readonly reason: string;
  readonly source: RuleSource;
  /** Whether `fixSkill` can repair it. */
  readonly isFixable: boolean;
}

const letters = { e: "error", w: "warning", n: "note" } as const;

/** `severities` has one letter a target, in their order: error, warning, note, or `-`. */
function rule(
  severities: string,
  source: keyof typeof sources,
  reason: string,
  isFixable = false,
): Rule {
  const severity: Partial<Record<Target, Severity>> = {};
  for (const [index, target] of targets.entries()) {
    const letter = severities[index];
    if (letter === "e" || letter === "w" || letter === "n") severity[target] = letters[letter];
  }
  return { severity, reason, source: sources[source], isFixable };
}

/**
 * Every rule, by its code. `error` is what the target refuses (or what cannot be read without risk),
 * `warning` what it takes but advises against, or what only we are stricter about.
 */
export const rules: Readonly<Record<string, Rule>> = {
  // The file.
  SKILL_FOLDER_MISSING: rule("eeee", "spec", "A skill is a folder."),
  SKILL_FOLDER_LINK: rule("eeee", "openclaw", "A link that leaves its root is skipped."),
  SKILL_FILE_MISSING: rule("eeee", "spec", "A skill is described by SKILL.md."),
  SKILL_FILE_LINK: rule("eeee", "clawhub", "Links are not published and are never followed here."),
  SKILL_FILE_UNREADABLE: rule("eeee", "spec", "SKILL.md is a regular file that can be read."),
  TEXT_TOO_LARGE: rule("eeee", "openclaw", "OpenClaw skips a SKILL.md above 256,000 bytes."),
  TEXT_BYTE_ORDER_MARK: rule("eeee", "spec", "The file starts with `---`, not with a mark.", true),
  TEXT_NUL: rule("eeee", "clawkeep", "Programs end a text at NUL, others do not."),
  TEXT_NOT_UTF8: rule("eeee", "spec", "The validators read UTF-8 and nothing else."),
  TEXT_CRLF: rule("weww", "claude", "Its pattern wants LF; digests change with line ends.", true),
  SKILL_TRAILING_SPACE: rule("nnnn", "clawkeep", "Spaces that nobody sees make differences.", true),

  // The front matter.
  SKILL_FRONT_MATTER_MISSING: rule("eeee", "spec", "SKILL.md starts with front matter."),
  SKILL_FRONT_MATTER_LANGUAGE: rule("eeee", "clawkeep", "Some readers run what `---js` holds."),
  SKILL_FRONT_MATTER_UNCLOSED: rule("eeee", "spec", "Front matter ends with a line `---`."),
  SKILL_FRONT_MATTER_AMBIGUOUS: rule("eeee", "clawkeep", "Readers must agree where it ends."),
  SKILL_FRONT_MATTER_DASHES: rule("ewww", "spec", "skills-ref ends it at `---` in any place."),
  SKILL_FRONT_MATTER_CHARACTER: rule("eeee", "spec", "YAML has no such characters unescaped."),
  YAML_SYNTAX: rule("eeee", "spec", "The front matter is YAML."),
  YAML_SEVERAL_DOCUMENTS: rule("eeee", "spec", "The front matter is one document."),
  YAML_ANCHOR: rule("eeww", "spec", "strictyaml, which skills-ref reads with, refuses anchors."),
  YAML_TAG: rule("eeww", "spec", "strictyaml, which skills-ref reads with, refuses tags."),
  YAML_DIRECTIVE: rule("eeww", "spec", "The front matter has keys and values only."),
  YAML_FLOW_STYLE: rule("ewww", "spec", "strictyaml refuses `[a]` and `{a: b}`.", true),
  YAML_TOO_DEEP: rule("eeee", "clawkeep", "Nothing that is read here needs that depth."),
  YAML_NUMBER: rule("eeww", "clawkeep", "Readers round such numbers differently."),
  YAML_DUPLICATE_KEY: rule("eeee", "spec", "Readers differ in which of the two they take."),
  YAML_MERGE_KEY: rule("eeww", "clawkeep", "Readers differ in what a merge key means."),
  YAML_KEY: rule("eeee", "clawkeep", "Keys are plain text."),
  SKILL_YAML_UNUSUAL: rule("eewn", "spec", "YAML that readers of 1.1 and 1.2 read differently."),
  SKILL_FRONT_MATTER_SHAPE: rule("eeee", "spec", "The front matter is a mapping."),

  // Keys of the specification.
  SKILL_UNKNOWN_KEY: rule("eeww", "spec", "The validators refuse keys that are not named there."),
  SKILL_MISSING_KEY: rule("eeww", "spec", "`name` and `description` are required."),
  SKILL_MISSING_DESCRIPTION: rule("eeee", "openclaw", "It skips a skill without a description."),
  SKILL_VALUE: rule("wwww", "spec", "These values are texts."),
  SKILL_NAME: rule(
    "eeww",
    "spec",
    "1–64 lower-case letters, digits, hyphens; the folder's name.",
    true,
  ),
  SKILL_NAME_LETTERS: rule("wewe", "clawkeep", "Only a–z, 0–9 and hyphens are safe everywhere."),
  SKILL_DESCRIPTION: rule("eeee", "spec", "A description says something."),
  SKILL_DESCRIPTION_TYPE: rule("eeww", "spec", "A description is text."),
  SKILL_DESCRIPTION_LONG: rule("eeww", "spec", "At most 1,024 characters."),
  SKILL_DESCRIPTION_MARKUP: rule("wewn", "claude", "`<` and `>` look like markup to agents."),
  SKILL_DESCRIPTION_SHOWN: rule("--n-", "openclaw", "Shown in one line of 160 characters."),
  SKILL_COMPATIBILITY: rule("eewn", "spec", "A text of 1 to 500 characters."),
  SKILL_METADATA: rule("wwww", "spec", "A mapping."),
  SKILL_METADATA_VALUE: rule(
    "n---",
    "spec",
    "Values of metadata are texts; nested ones become text.",
  ),
  SKILL_LICENSE: rule("---e", "clawhub", "Everything there is published under MIT-0."),
  SKILL_LICENSE_TEXT: rule(
    "---e",
    "clawhub",
    "A licence file that says otherwise conflicts with MIT-0.",
  ),

  // The body.
  SKILL_BODY_LONG: rule("wwww", "spec", "Fewer than 500 lines are recommended."),
  SKILL_BODY_TOKENS: rule("wwww", "spec", "Fewer than about 5,000 tokens are recommended."),
  SKILL_REFERENCE_DEEP: rule("wwww", "spec", "References are one level deep."),
  CLAWHUB_REVIEW_LENGTH: rule("---n", "clawhub", "The review reads the first 6,000 characters."),

  // OpenClaw.
  OPENCLAW_EXEC_IGNORED: rule(
    "--w-",
    "openclaw",
    "There is no exec template: the key does nothing.",
  ),
  OPENCLAW_BASE_DIR: rule("--w-", "openclaw", "`{baseDir}` is not expanded."),
  OPENCLAW_COMMAND: rule(
    "--w-",
    "openclaw",
    "`command-dispatch` is `tool` and needs `command-tool`.",
  ),
  OPENCLAW_METADATA: rule("--ww", "openclaw", "metadata.openclaw has these keys and shapes."),
  OPENCLAW_METADATA_OLD: rule("--ww", "openclaw", "`clawdbot` is the old name of `openclaw`."),
  OPENCLAW_BUNDLE: rule("--w-", "openclaw", "At most 256 files, 1 MiB each, 8 MiB in all."),

  // ClawHub.
  CLAWHUB_SLUG: rule("---e", "clawhub", "The folder's name becomes the slug."),
  CLAWHUB_VERSION: rule("---w", "clawhub", "A version is a semantic one."),
  CLAWHUB_FILE_LARGE: rule("---e", "clawhub", "At most 10 MB a file."),
  CLAWHUB_BUNDLE_LARGE: rule("---e", "clawhub", "At most 50 MB in all."),
  CLAWHUB_PLUGIN: rule("---e", "clawhub", "Looks like a plugin and is refused."),
  CLAWHUB_LEFT_OUT: rule("---w", "clawhub", "Dot files, links and node_modules are left out."),
};
