import type { Finding } from "@clawkeep/diagnostics";
import matter from "gray-matter";

/** The YAML between the two `---` lines, and what follows. */
interface FrontMatter {
  readonly yaml: string;
  readonly body: string;
  /** 1-based line on which `body` begins. */
  readonly bodyLine: number;
}

/** The parts of a `SKILL.md`, or `undefined` beside an error. */
export interface FrontMatterResult {
  readonly frontMatter: FrontMatter | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Splits a `SKILL.md`. Only two lines that are exactly `---` count: a language after the first
 * (`---js` is a program to gray-matter) is an error before anything looks at the text behind it.
 */
export function splitFrontMatter(text: string, file: string): FrontMatterResult {
  const lines = text.split(/\r?\n/u);
  const first = lines[0] ?? "";
  const refuse = (code: string, message: string, hint: string): FrontMatterResult => ({
    frontMatter: undefined,
    findings: [{ code, severity: "error", message, hint, file, line: 1, column: 1 }],
  });
  if (!first.startsWith("---")) {
    return refuse(
      "SKILL_FRONT_MATTER_MISSING",
      "expected a first line `---`, got something else",
      "Begin the file with front matter: ---, name: …, description: …, ---.",
    );
  }
  if (first !== "---") {
    return refuse(
      "SKILL_FRONT_MATTER_LANGUAGE",
      `expected a first line that is exactly \`---\`, got ${JSON.stringify(first.slice(0, 40))}`,
      "Only YAML is read, and nothing is ever evaluated: remove what follows the dashes.",
    );
  }
  const end = lines.indexOf("---", 1);
  if (end === -1) {
    return refuse(
      "SKILL_FRONT_MATTER_UNCLOSED",
      "expected a second line `---`, got none",
      "Close the front matter with a line `---`.",
    );
  }
  // Options, even empty ones, keep gray-matter from its cache, which would hand out a shared object.
  const split = matter(text, {
    language: "yaml",
    engines: { yaml: rawYaml, json: refuseLanguage, javascript: refuseLanguage },
  });
  const yaml = lines.slice(1, end).join("\n");
  if (split.matter.replaceAll("\r\n", "\n").replace(/^\n|\r$/gu, "") !== yaml) {
    return refuse(
      "SKILL_FRONT_MATTER_AMBIGUOUS",
      "expected one reading of where the front matter ends, got two",
      "Begin no line of the front matter with `---`: other readers end it there.",
    );
  }
  return {
    frontMatter: { yaml, body: lines.slice(end + 1).join("\n"), bodyLine: end + 2 },
    findings: [],
  };
}

const rawYaml = {
  parse: (): Record<string, never> => ({}),
};

const refuseLanguage = {
  parse: (): never => {
    throw new TypeError("front matter is never evaluated");
  },
};
