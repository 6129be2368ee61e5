import type { Finding } from "@clawkeep/diagnostics";
import { isAlias, isCollection, isMap, isPair, isScalar, parseDocument } from "yaml";

import type { MetadataValue } from "../document.ts";
import type { FrontMatterBlock } from "./front-matter-block.ts";
import { oneLine } from "./one-line.ts";

/** What front matter says about a document. */
export interface FrontMatterFields {
  readonly title?: string;
  readonly summary?: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
}

/** Longer front matter is not parsed. Parsing this much takes a few hundredths of a second. */
export const maxFrontMatterLength = 65_536;

const maxDepth = 16;
/** Nesting that no person writes: a line of dashes, brackets or question marks. */
const steepLine = /(?:[-?:][ \t]+){16}|(?:[[{][^\]}\n]*){16}/u;
const maxIndent = /^ {64}/mu;

/**
 * Reads YAML front matter strictly: no aliases, no tags, no duplicate keys, limits on size and depth.
 * Whatever is wrong is a finding; the block stays out of the body either way.
 */
export function readFrontMatter(
  path: string,
  block: FrontMatterBlock,
): { readonly fields: FrontMatterFields; readonly findings: readonly Finding[] } {
  const problem = (message: string, line = 1): Finding => ({
    code: "DOCUMENT_FRONT_MATTER",
    severity: "warning",
    message: `front matter is not used: ${message}`,
    hint: "The text below it is indexed all the same; correct the block to have its title and fields.",
    file: path,
    line,
  });
  const refuse = (...findings: readonly Finding[]): ReturnType<typeof readFrontMatter> => ({
    fields: { metadata: {} },
    findings,
  });
  if (block.language !== "yaml") {
    return refuse(problem(`expected YAML, got "${block.language}", which is never evaluated`));
  }
  if (block.raw.length > maxFrontMatterLength) {
    return refuse(
      problem(`expected at most ${maxFrontMatterLength} characters, got ${block.raw.length}`),
    );
  }
  if (steepLine.test(block.raw) || maxIndent.test(block.raw)) {
    return refuse(problem(`expected at most ${maxDepth} levels of nesting`));
  }
  const document = parseDocument(block.raw, {
    schema: "core",
    strict: true,
    uniqueKeys: true,
    merge: false,
    stringKeys: true,
    logLevel: "silent",
  });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) {
    return refuse(
      ...errors
        .slice(0, 5)
        .map((error) => problem(oneLine(error.message), 1 + (error.linePos?.[0].line ?? 0))),
    );
  }
  if (document.contents === null) {
    return refuse();
  }
  const shape = refuseShape(document.contents);
  if (shape !== undefined) {
    return refuse(problem(shape));
  }
  return { fields: fieldsOf(document.contents), findings: [] };
}

function refuseShape(contents: unknown): string | undefined {
  if (!isMap(contents)) {
    return "expected fields, such as `title: …`";
  }
  const stack: { readonly node: unknown; readonly depth: number }[] = [
    { node: contents, depth: 0 },
  ];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, depth } = top;
    if (isAlias(node)) {
      return "expected no aliases";
    }
    if (depth > maxDepth) {
      return `expected at most ${maxDepth} levels of nesting`;
    }
    const children = isCollection(node) ? node.items : isPair(node) ? [node.key, node.value] : [];
    const next = isCollection(node) ? depth + 1 : depth;
    for (const child of children) {
      stack.push({ node: child, depth: next });
    }
  }
  return undefined;
}

function fieldsOf(contents: unknown): FrontMatterFields {
  const entries: [string, MetadataValue][] = [];
  for (const { key, value } of isMap(contents) ? contents.items : []) {
    const name = isScalar(key) ? String(key.value) : undefined;
    const read = metadataValue(value);
    if (name !== undefined && read !== undefined) {
      entries.push([name, read]);
    }
  }
  const text = (...names: readonly string[]): string | undefined =>
    names
      .map((name) => entries.find(([key]) => key === name)?.[1])
      .filter((value) => value !== undefined && !Array.isArray(value))
      .map((value) => oneLine(String(value)))
      .find((value) => value !== "");
  const title = text("title");
  const summary = text("summary", "description");
  const used = new Set(["title", summaryKey(entries)]);
  return {
    ...(title === undefined ? {} : { title }),
    ...(summary === undefined ? {} : { summary }),
    metadata: Object.fromEntries(entries.filter(([key]) => !used.has(key))),
  };
}

function summaryKey(entries: readonly (readonly [string, MetadataValue])[]): string {
  return entries.some(([key]) => key === "summary") ? "summary" : "description";
}

function metadataValue(node: unknown): MetadataValue | undefined {
  if (isCollection(node)) {
    const items = node.items.map(scalarValue).filter((item) => item !== undefined);
    return isMap(node) || items.length !== node.items.length ? undefined : items;
  }
  return scalarValue(node);
}

/** Numbers that JSON cannot carry exactly stay as they were written. */
function scalarValue(node: unknown): string | number | boolean | undefined {
  if (!isScalar(node)) {
    return undefined;
  }
  const { value, source } = node;
  if (typeof value === "number") {
    const exact = Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    return exact ? value : (source ?? String(value));
  }
  return typeof value === "string" || typeof value === "boolean" ? value : undefined;
}
