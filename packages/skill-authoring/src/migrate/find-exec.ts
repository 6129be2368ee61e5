import type { Finding } from "@clawkeep/diagnostics";
import { generatedMarkers, readStrictYaml, splitFrontMatter } from "@clawkeep/skill-format";

/** An `exec` that a `SKILL.md` holds, and the text without it. */
export interface FoundExec {
  readonly exec: unknown;
  /** The front matter's other keys. */
  readonly front: Readonly<Record<string, unknown>>;
  /** Keys beside `exec` in a block below the front matter: they go with the block. */
  readonly beside: Readonly<Record<string, unknown>>;
  readonly where: "front matter" | "block";
  /** 1-based line of `SKILL.md` on which it began. */
  readonly line: number;
  /** Whether `cmd` and the others stood at the margin, as in text whose indentation was lost. */
  readonly wasFlat: boolean;
  /** `SKILL.md` without it, with the two markers of a generated part. */
  readonly text: string;
}

interface Block {
  readonly first: number;
  readonly count: number;
  readonly yaml: string;
}

const markers: readonly string[] = [generatedMarkers.begin, generatedMarkers.end];

/** Finds the one `exec` of a `SKILL.md` with LF line ends; findings say why there is none, or too many. */
export function findExec(text: string): FoundExec | { readonly findings: readonly Finding[] } {
  const split = splitFrontMatter(text, "SKILL.md");
  if (split.frontMatter === undefined) return { findings: split.findings };
  const { bodyLine, yaml: written } = split.frontMatter;
  const lines = text.split("\n");
  const body = lines.slice(bodyLine - 1);
  const front = readMapping(written, 2);
  if ("findings" in front) return { findings: front.findings };
  const blocks = blocksOf(body)
    .map((block) => ({ block, read: readMapping(block.yaml, bodyLine + block.first) }))
    .filter(({ block, read }) =>
      "findings" in read ? /^exec[ \t]*:/mu.test(block.yaml) : Object.hasOwn(read.value, "exec"),
    );
  const isInFront = Object.hasOwn(front.value, "exec");
  const places = [
    ...(isInFront ? ["the front matter"] : []),
    ...blocks.map(({ block }) => `line ${bodyLine + block.first}`),
  ];
  if (places.length !== 1) {
    const got = places.length === 0 ? "none" : places.join(" and ");
    const hint =
      places.length === 0
        ? "There is nothing to migrate: clawkeep-skill new makes a skill."
        : "Leave the one that is meant.";
    const code = places.length === 0 ? "MIGRATE_NOTHING" : "MIGRATE_SEVERAL";
    return { findings: [error(code, `expected one exec in SKILL.md, got ${got}`, hint)] };
  }
  const found = blocks[0];
  if (found === undefined) {
    const { exec, ...rest } = front.value;
    const kept = withoutExec(front.yaml);
    const again = readMapping(kept, 2);
    if ("findings" in again || JSON.stringify(again.value) !== JSON.stringify(rest)) {
      const message = "expected exec on lines of its own in the front matter, got it among others";
      return { findings: [error("MIGRATE_FRONT_MATTER", message, "Write it in block style.")] };
    }
    const next = withMarkers(body);
    return {
      exec,
      front: rest,
      beside: {},
      where: "front matter",
      line: 2 + written.split("\n").findIndex((line) => /^exec[ \t]*:/u.test(line)),
      wasFlat: front.wasFlat,
      text: ["---", kept, "---", ...next].join("\n"),
    };
  }
  const { block, read } = found;
  if ("findings" in read) return { findings: read.findings };
  const { exec, ...beside } = read.value;
  const hasMarkers = body.some((line) => markers.includes(line.trim()));
  const next = body.toSpliced(block.first, block.count, ...(hasMarkers ? [] : markers));
  return {
    exec,
    front: front.value,
    beside,
    where: "block",
    line: bodyLine + block.first,
    wasFlat: read.wasFlat,
    text: [...lines.slice(0, bodyLine - 1), ...next].join("\n"),
  };
}

function error(code: string, message: string, hint: string): Finding {
  return { code, severity: "error", message, hint, file: "SKILL.md" };
}

type Mapping =
  | {
      readonly value: Readonly<Record<string, unknown>>;
      readonly yaml: string;
      readonly wasFlat: boolean;
    }
  | { readonly findings: readonly Finding[] };

function readMapping(written: string, firstLine: number): Mapping {
  const yaml = indented(written);
  const { value, findings } = readStrictYaml(yaml, { file: "SKILL.md", firstLine });
  if (findings.length > 0) return { findings };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const message = "expected a mapping, got something else";
    return { findings: [error("MIGRATE_FRONT_MATTER", message, "Write `key: value` lines.")] };
  }
  return { value: { ...value }, yaml, wasFlat: yaml !== written };
}

/** Puts back an indentation that was lost: the keys of an `exec` that follow it at the margin. */
function indented(yaml: string): string {
  const lines = yaml.split("\n");
  const at = lines.findIndex((line) => /^exec:[ \t]*$/u.test(line));
  if (at === -1 || !/^(?:cmd|command):/u.test(lines[at + 1] ?? "")) return yaml;
  let end = at + 1;
  while (/^(?:cmd|command|timeoutSec|timeoutMs|description):|^[ \t]+\S/u.test(lines[end] ?? "")) {
    end += 1;
  }
  const own = lines.slice(at + 1, end).map((line) => `  ${line}`);
  return [...lines.slice(0, at + 1), ...own, ...lines.slice(end)].join("\n");
}

function withoutExec(yaml: string): string {
  const lines = yaml.split("\n");
  const at = lines.findIndex((line) => /^(?:exec|"exec"|'exec')[ \t]*:/u.test(line));
  if (at === -1) return yaml;
  let end = at + 1;
  while (end < lines.length && /^(?:\s|-[ \t]|$)/u.test(lines[end] ?? "")) end += 1;
  return lines.toSpliced(at, end - at).join("\n");
}

function withMarkers(body: readonly string[]): readonly string[] {
  if (body.some((line) => markers.includes(line.trim()))) return body;
  const end = body.findLastIndex((line) => line.trim() !== "") + 1;
  return [...body.slice(0, end), "", ...markers, ""];
}

/** Fenced and indented blocks, and paragraphs that begin with `exec:`. */
function blocksOf(body: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < body.length; at += 1) {
    const line = body[at] ?? "";
    const fence = /^ {0,3}(`{3,}|~{3,})/u.exec(line)?.[1];
    const isParagraph = /^exec[ \t]*:/u.test(line);
    let end = at + 1;
    if (fence !== undefined) {
      const isEnd = (text: string): boolean =>
        text.trim().startsWith(fence) && /^(?:`+|~+)$/u.test(text.trim());
      while (end < body.length && !isEnd(body[end] ?? "")) end += 1;
      // The front matter of an example stands between dashes.
      const inner = body.slice(at + 1, end).map((text) => (text.trim() === "---" ? "" : text));
      end = Math.min(end + 1, body.length);
      blocks.push({ first: at, count: end - at, yaml: dedented(inner) });
    } else if (isParagraph || /^(?: {4}|\t)\s*\S/u.test(line)) {
      const goesOn = isParagraph ? /\S/u : /^(?: {4}|\t)\s*\S/u;
      while (end < body.length && goesOn.test(body[end] ?? "")) end += 1;
      blocks.push({ first: at, count: end - at, yaml: dedented(body.slice(at, end)) });
    } else continue;
    at = end - 1;
  }
  return blocks;
}

function dedented(lines: readonly string[]): string {
  const indents = lines.flatMap((line) =>
    line.trim() === "" ? [] : [line.length - line.trimStart().length],
  );
  const common = Math.min(...indents, 1024);
  return lines.map((line) => line.slice(common)).join("\n");
}
