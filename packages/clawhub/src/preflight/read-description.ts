import { readStrictYaml, splitFrontMatter } from "@clawkeep/skill-format";

import type { ScanFile } from "./scan-file.ts";

/** What a `SKILL.md` says of itself, as far as it can be read. */
export interface Description {
  readonly text: string;
  readonly isAlways: boolean;
  /** Names of programs that are declared. */
  readonly programs: ReadonlySet<string>;
  /** Names of variables that are declared, in upper case. */
  readonly variables: ReadonlySet<string>;
  /** 1-based line of the key, 1 when there is none. */
  lineOf(key: string): number;
}

/** Reads the front matter; one that is wrong gives nothing, `check` says why. */
export function readDescription(file: ScanFile): Description {
  const { frontMatter } = splitFrontMatter(file.text, file.path);
  const read =
    frontMatter === undefined
      ? undefined
      : readStrictYaml(frontMatter.yaml, { file: file.path, firstLine: 2 });
  const top = mapping(read?.value);
  const metadata = mapping(top["metadata"]);
  const programs = new Set<string>();
  const variables = new Set<string>();
  for (const block of [
    top,
    metadata,
    ...["openclaw", "clawdbot", "clawdis"].map((k) => mapping(metadata[k])),
  ]) {
    const requires = mapping(block["requires"]);
    for (const name of [...names(requires["bins"]), ...names(requires["anyBins"])])
      programs.add(name);
    for (const spec of list(block["install"])) {
      for (const name of names(mapping(spec)["bins"])) programs.add(name);
    }
    const primary = block["primaryEnv"];
    const declared = [
      ...(typeof primary === "string" ? [primary] : []),
      ...names(block["env"]),
      ...names(block["envVars"]),
      ...names(requires["env"]),
    ];
    for (const name of declared) variables.add(name.trim().toUpperCase());
  }
  const description = top["description"];
  return {
    text: typeof description === "string" ? description : "",
    isAlways: [top, metadata, mapping(metadata["openclaw"])].some(
      ({ always }) => always === true || always === "true",
    ),
    programs,
    variables,
    lineOf: (key) =>
      Math.max(file.lines.findIndex((line) => line.trimStart().startsWith(`${key}:`)) + 1, 1),
  };
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function names(value: unknown): readonly string[] {
  return list(value).flatMap((item) => {
    const name = typeof item === "string" ? item : mapping(item)["name"];
    return typeof name === "string" ? [name] : [];
  });
}
