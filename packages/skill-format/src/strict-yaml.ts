import type { Finding } from "@clawkeep/diagnostics";
import { CST, Composer, Lexer, LineCounter, Parser, isMap, isScalar, isSeq } from "yaml";
import type { Document } from "yaml";

/** Deepest nesting of mappings and lists that is read. */
const maxDepth = 32;

/** Where a text stands in its file, and how it may be written. */
export interface YamlOptions {
  readonly file: string;
  /** 1-based line of the file on which the text begins. Default 1. */
  readonly firstLine?: number;
  /** Whether `[a]` and `{a: b}` may be used. Default true. */
  readonly flowStyle?: boolean;
}

/** A 1-based place in a file. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Plain data and the way back from any part of it to its place in the text. */
export interface YamlValue {
  /** Undefined when a finding is an error. */
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** The place of the value at `path`, of its key with `key`, or of its nearest parent that exists. */
  locate(path: readonly PropertyKey[], which?: "key" | "value"): Place;
}

interface Located {
  readonly offset: number;
  readonly children: Map<string, { readonly key: number; readonly node: Located }>;
}

/**
 * Reads one YAML 1.2 document without the parts that make a reader disagree with another or do work
 * out of proportion: anchors, aliases, tags, merge keys, directives, duplicate keys. JSON is YAML.
 * The tokens are judged before anything is built, so a bomb costs no more than its own bytes.
 */
export function readStrictYaml(text: string, options: YamlOptions): YamlValue {
  const lines = new LineCounter();
  const findings: Finding[] = [];
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return {
      file: options.file,
      line: Math.max(line, 1) + (options.firstLine ?? 1) - 1,
      column: Math.max(col, 1),
    };
  };
  const report: Report = (code, offset, message, hint) => {
    findings.push({ code, severity: "error", message, hint, ...place(offset) });
  };
  for (let at = -1; (at = text.indexOf("\n", at + 1)) !== -1;) lines.addNewLine(at + 1);
  lines.lineStarts.unshift(0);

  const root: Located = { offset: 0, children: new Map() };
  const broken = (): YamlValue => ({ value: undefined, findings, locate: () => place(0) });

  judgeTokens(text, options.flowStyle ?? true, report);
  if (findings.length > 0) return broken();
  const tokens = [...new Parser().parse(text)];
  const tooDeep = findTooDeep(tokens);
  if (tooDeep !== undefined) {
    report("YAML_TOO_DEEP", tooDeep, ...tooDeepText);
    return broken();
  }
  // The library compares every key with every other; `convert` does the same with a set.
  const composer = new Composer({
    version: "1.2",
    schema: "core",
    uniqueKeys: false,
    merge: false,
    logLevel: "silent",
    strict: true,
  });
  const documents: Document.Parsed[] = [...composer.compose(tokens, true, text.length)];
  for (const document of documents) {
    for (const problem of [...document.errors, ...document.warnings]) {
      report("YAML_SYNTAX", problem.pos[0], problem.message, "Correct the YAML at this place.");
    }
  }
  if (documents.length > 1) {
    report(
      "YAML_SEVERAL_DOCUMENTS",
      documents[1]?.range[0] ?? 0,
      `expected one document, got ${documents.length}`,
      "Remove the line `---` and what follows it.",
    );
  }
  const contents = documents[0]?.contents ?? null;
  const value = findings.length > 0 || contents === null ? null : convert(contents, root, report);
  return {
    value: findings.length > 0 ? undefined : value,
    findings,
    locate: (path, which = "value") => place(locate(root, path, which)),
  };
}

type Report = (code: string, offset: number, message: string, hint: string) => void;

const tooDeepText = [
  `expected at most ${maxDepth} levels of nesting, got more`,
  "Flatten the file; nothing that is read here needs that depth.",
] as const;

function judgeTokens(text: string, flowStyle: boolean, report: Report): void {
  const seen = new Set<string>();
  const once = (code: string, offset: number, message: string, hint: string): void => {
    if (!seen.has(code)) report(code, offset, message, hint);
    seen.add(code);
  };
  let offset = 0;
  let flowDepth = 0;
  let indicatorsInLine = 0;
  let isScalarText = false;
  for (const source of new Lexer().lex(text)) {
    if (isScalarText) {
      isScalarText = false;
      offset += source.length;
      continue;
    }
    const type = CST.tokenType(source);
    if (type === "scalar") {
      isScalarText = true;
      continue;
    }
    if (type === "doc-mode" || type === "flow-error-end") continue;
    switch (type) {
      case "anchor":
      case "alias":
        once(
          "YAML_ANCHOR",
          offset,
          `anchors and aliases are not read, got ${JSON.stringify(source.slice(0, 40))}`,
          "Write the value out where it is used; quote it if it is meant as text.",
        );
        break;
      case "tag":
        once(
          "YAML_TAG",
          offset,
          `tags are not read, got ${JSON.stringify(source.slice(0, 40))}`,
          "Remove the tag; quote the value if it is meant as text.",
        );
        break;
      case "directive-line":
        once("YAML_DIRECTIVE", offset, "directives are not read", "Remove the line with `%`.");
        break;
      case "flow-map-start":
      case "flow-seq-start":
        flowDepth += 1;
        if (!flowStyle) {
          once(
            "YAML_FLOW_STYLE",
            offset,
            `only block style is read here, got ${JSON.stringify(source)}`,
            "Put each entry on a line of its own: the reference validators refuse flow style.",
          );
          return;
        }
        break;
      case "flow-map-end":
      case "flow-seq-end":
        flowDepth -= 1;
        break;
      case "newline":
        indicatorsInLine = 0;
        break;
      case "seq-item-ind":
      case "explicit-key-ind":
        indicatorsInLine += 1;
        break;
      default:
        break;
    }
    if (flowDepth + indicatorsInLine > maxDepth) {
      once("YAML_TOO_DEEP", offset, ...tooDeepText);
      return;
    }
    offset += source.length;
  }
}

/** Walks the token tree without recursion and returns the offset of the first collection too deep. */
function findTooDeep(tokens: readonly CST.Token[]): number | undefined {
  const stack: { readonly token: CST.Token; readonly depth: number }[] = [];
  for (const token of tokens) stack.push({ token, depth: 0 });
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { token, depth } = next;
    if (token.type === "document") {
      if (token.value !== undefined) stack.push({ token: token.value, depth });
      continue;
    }
    if (!("items" in token)) continue;
    if (depth >= maxDepth) return token.offset;
    for (const item of token.items) {
      for (const child of [item.key, item.value]) {
        if (child !== undefined && child !== null) stack.push({ token: child, depth: depth + 1 });
      }
    }
  }
  return undefined;
}

function convert(node: unknown, located: Located, report: Report): unknown {
  if (isScalar(node)) {
    const offset = node.range?.[0] ?? 0;
    if (typeof node.value === "number" && !isExact(node.value)) {
      report(
        "YAML_NUMBER",
        offset,
        `expected a finite number, whole ones within ±(2^53 − 1), got ${node.source ?? ""}`,
        "Use a smaller number, or quote it if it is meant as text.",
      );
    }
    return node.value;
  }
  if (isSeq(node)) {
    return node.items.map((item, index) =>
      convert(item, child(located, index, item, item), report),
    );
  }
  if (!isMap(node)) return null;
  const value: Record<string, unknown> = {};
  for (const pair of node.items) {
    const key = readKey(pair.key, report);
    if (key === undefined) continue;
    if (Object.hasOwn(value, key)) {
      report(
        "YAML_DUPLICATE_KEY",
        offsetOf(pair.key),
        `expected each key once, got ${JSON.stringify(key)} again`,
        "Remove one of the two.",
      );
      continue;
    }
    value[key] = convert(pair.value, child(located, key, pair.key, pair.value), report);
  }
  return value;
}

function readKey(node: unknown, report: Report): string | undefined {
  const raw: unknown = isScalar(node) ? node.value : undefined;
  const source = isScalar(node) ? (node.source ?? "") : "";
  const key = typeof raw === "string" ? raw : Number.isSafeInteger(raw) ? source : undefined;
  if (key === "<<") {
    report("YAML_MERGE_KEY", offsetOf(node), "merge keys are not read", "Write the keys out.");
    return undefined;
  }
  if (key === undefined || key === "__proto__") {
    report(
      "YAML_KEY",
      offsetOf(node),
      `expected a key that is text or a whole number, got ${JSON.stringify(source.slice(0, 40))}`,
      "Rename the key, or quote it.",
    );
    return undefined;
  }
  return key;
}

function child(parent: Located, key: PropertyKey, keyNode: unknown, valueNode: unknown): Located {
  const keyOffset = offsetOf(keyNode);
  const node: Located = { offset: offsetOf(valueNode) || keyOffset, children: new Map() };
  parent.children.set(String(key), { key: keyOffset, node });
  return node;
}

function locate(root: Located, path: readonly PropertyKey[], which: "key" | "value"): number {
  let node = root;
  let key = root.offset;
  for (const part of path) {
    const next = node.children.get(String(part));
    if (next === undefined) return which === "key" && node !== root ? key : node.offset;
    node = next.node;
    key = next.key;
  }
  return which === "key" ? key : node.offset;
}

function offsetOf(node: unknown): number {
  const range: unknown =
    typeof node === "object" && node !== null && "range" in node ? node.range : undefined;
  const start: unknown = Array.isArray(range) ? range[0] : undefined;
  return typeof start === "number" ? start : 0;
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}
