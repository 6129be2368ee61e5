import { pathMatcher } from "../language/match-text.ts";
import type { FilterExpression, FilterOperator } from "./parse-filter.ts";

/** A value of a front matter field. */
type Scalar = string | number | boolean;

/** What is known of a document, for a filter to compare. */
export interface DocumentFacts {
  /** Path inside the indexed folder, with `/`. */
  readonly path: string;
  readonly title: string;
  /** Bytes of the file. */
  readonly size: number;
  /** `markdown`, `text`, `code` and so on; absent in an index that does not say. */
  readonly kind?: string;
  readonly language?: string;
  /** When the file was last changed, in milliseconds since 1970; absent where nobody knows. */
  readonly mtimeMs?: number;
  /** Fields of the front matter. */
  readonly metadata: Readonly<Record<string, Scalar | readonly Scalar[]>>;
}

/**
 * Whether a document is one that the filter means. A fact that is a list is compared with each of its
 * values; a fact that the document does not have is equal to nothing, and before and after nothing.
 */
export function matchesFilter(expression: FilterExpression, facts: DocumentFacts): boolean {
  switch (expression.kind) {
    case "and":
      return expression.parts.every((part) => matchesFilter(part, facts));
    case "or":
      return expression.parts.some((part) => matchesFilter(part, facts));
    case "not":
      return !matchesFilter(expression.part, facts);
    case "has":
      return valuesOf(expression.key, facts).length > 0;
    default:
      return compare(expression.key, expression.operator, expression.value, facts);
  }
}

function compare(
  key: string,
  operator: FilterOperator,
  value: string,
  facts: DocumentFacts,
): boolean {
  const values = valuesOf(key, facts);
  if (key === "mtime") {
    return values.some((time) => typeof time === "number" && compareTime(time, operator, value));
  }
  if (operator === "!=") {
    return !values.some((each) => isEqual(each, value));
  }
  if (operator === "=") {
    return values.some((each) => isEqual(each, value));
  }
  if (operator === "~") {
    const matches = pathMatcher(value);
    return values.some((each) => matches(String(each)));
  }
  return values.some((each) => isOrdered(orderOf(each, value), operator));
}

/** The file's own facts by their names; `tag` is `tags` and `tag`; the rest is front matter. */
function valuesOf(key: string, facts: DocumentFacts): readonly Scalar[] {
  const name = facts.path.slice(facts.path.lastIndexOf("/") + 1);
  switch (key) {
    case "path":
      return [facts.path];
    case "name":
      return [name];
    case "folder":
      return [facts.path.slice(0, Math.max(0, facts.path.length - name.length - 1))];
    case "ext":
      return name.lastIndexOf(".") > 0 ? [name.slice(name.lastIndexOf(".") + 1)] : [];
    case "title":
      return [facts.title];
    case "size":
      return [facts.size];
    case "kind":
      return facts.kind === undefined ? [] : [facts.kind];
    case "language":
      return facts.language === undefined ? [] : [facts.language];
    case "mtime":
      return facts.mtimeMs === undefined ? [] : [facts.mtimeMs];
    case "tag":
      return [...field("tags", facts).flatMap(splitTags), ...field("tag", facts)];
    default:
      return field(key.startsWith("meta.") ? key.slice(5) : key, facts);
  }
}

function field(name: string, { metadata }: DocumentFacts): readonly Scalar[] {
  const value = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
  return value === undefined ? [] : typeof value === "object" ? value : [value];
}

/** `tags: ops, keys` is written as often as a list. */
function splitTags(value: Scalar): readonly Scalar[] {
  return typeof value === "string" ? value.split(/\s*,\s*/u).filter((tag) => tag !== "") : [value];
}

function isEqual(actual: Scalar, value: string): boolean {
  const number = numberOf(value);
  return typeof actual === "number" && number !== undefined
    ? actual === number
    : String(actual).toLowerCase() === value.toLowerCase();
}

/** Below 0 when `actual` comes first; undefined when the two cannot be compared. */
function orderOf(actual: Scalar, value: string): number | undefined {
  const [number, other] = [numberOf(actual), numberOf(value)];
  if (number !== undefined && other !== undefined) {
    return number - other;
  }
  const [time, otherTime] = [timeOf(String(actual)), timeOf(value)];
  if (time !== undefined && otherTime !== undefined) {
    return time.from - otherTime.from;
  }
  if (typeof actual !== "string" || other !== undefined || otherTime !== undefined) {
    return undefined;
  }
  return Buffer.compare(Buffer.from(actual.toLowerCase()), Buffer.from(value.toLowerCase()));
}

function isOrdered(order: number | undefined, operator: FilterOperator): boolean {
  switch (operator) {
    case "<":
      return order !== undefined && order < 0;
    case "<=":
      return order !== undefined && order <= 0;
    case ">":
      return order !== undefined && order > 0;
    case ">=":
      return order !== undefined && order >= 0;
    default:
      return false;
  }
}

function compareTime(time: number, operator: FilterOperator, value: string): boolean {
  const span = timeOf(value);
  if (span === undefined) {
    return false;
  }
  const within = time >= span.from && time < span.to;
  return operator === "="
    ? within
    : operator === "!="
      ? !within
      : isOrdered(time - span.from, operator);
}

function numberOf(value: Scalar): number | undefined {
  if (
    typeof value === "boolean" ||
    (typeof value === "string" && !/^-?\d+(?:\.\d+)?$/u.test(value))
  ) {
    return undefined;
  }
  return Number(value);
}

const day = 86_400_000;

/** A day (in UTC) or an instant, as milliseconds since 1970. */
function timeOf(text: string): { readonly from: number; readonly to: number } | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/u.test(text)) {
    const from = Date.parse(`${text}T00:00:00Z`);
    return Number.isNaN(from) ? undefined : { from, to: from + day };
  }
  const parts =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?$/u.exec(
      text,
    );
  if (parts === null) {
    return undefined;
  }
  const from = Date.parse(`${parts[1] ?? ""}T${parts[2] ?? ""}${parts[3] ?? "Z"}`);
  return Number.isNaN(from) ? undefined : { from, to: from + 1 };
}
