import { CodedError } from "@clawkeep/diagnostics";

/** How a fact is compared. `~` is a path pattern, or a part of a text. */
export type FilterOperator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~";

/** A condition on documents. */
export type FilterExpression =
  | { readonly kind: "and" | "or"; readonly parts: readonly FilterExpression[] }
  | { readonly kind: "not"; readonly part: FilterExpression }
  /** The document has the fact at all. */
  | { readonly kind: "has"; readonly key: string }
  | {
      readonly kind: "compare";
      readonly key: string;
      readonly operator: FilterOperator;
      readonly value: string;
    };

interface Token {
  readonly kind: "word" | "quoted" | "operator" | "open" | "close";
  readonly text: string;
  /** 1-based place in the filter. */
  readonly column: number;
}

/** Bytes of the longest filter. */
export const longestFilterBytes = 4096;
const deepest = 32;

/**
 * Reads a filter such as `tag=ops AND (mtime>2026-01-01 OR NOT draft)` by the grammar of
 * `docs/query-language.md`. `AND` binds closer than `OR`, `NOT` closest.
 *
 * @throws CodedError `FILTER_SYNTAX` with the column.
 */
export function parseFilter(filter: string): FilterExpression {
  if (Buffer.byteLength(filter) > longestFilterBytes) {
    throw refused(`at most ${longestFilterBytes} bytes`, 1);
  }
  const reader = new FilterReader(tokensOf(filter), filter.length + 1);
  return reader.read();
}

class FilterReader {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens;
    this.#end = end;
  }

  read(): FilterExpression {
    const expression = this.#alternatives();
    const rest = this.#tokens[this.#next];
    if (rest !== undefined) {
      throw refused("AND, OR or the end", rest.column, rest.text);
    }
    return expression;
  }

  #alternatives(): FilterExpression {
    return this.#joined("or", () => this.#joined("and", () => this.#single()));
  }

  #joined(kind: "and" | "or", read: () => FilterExpression): FilterExpression {
    const first = read();
    const parts = [first];
    while (this.#takesWord(kind)) {
      parts.push(read());
    }
    return parts.length === 1 ? first : { kind, parts };
  }

  #single(): FilterExpression {
    this.#depth += 1;
    if (this.#depth > deepest) {
      throw refused(`at most ${deepest} conditions inside each other`, this.#column());
    }
    try {
      if (this.#takesWord("not")) {
        return { kind: "not", part: this.#single() };
      }
      if (this.#tokens[this.#next]?.kind === "open") {
        this.#next += 1;
        const inner = this.#alternatives();
        if (this.#tokens[this.#next]?.kind !== "close") {
          throw refused("a closing parenthesis", this.#column());
        }
        this.#next += 1;
        return inner;
      }
      return this.#condition();
    } finally {
      this.#depth -= 1;
    }
  }

  #condition(): FilterExpression {
    const key = this.#text("the name of a fact");
    const operator = this.#tokens[this.#next];
    if (operator?.kind !== "operator") {
      return { kind: "has", key };
    }
    this.#next += 1;
    const value = this.#text("a value");
    return { kind: "compare", key, operator: operator.text as FilterOperator, value };
  }

  #text(expected: string): string {
    const token = this.#tokens[this.#next];
    if (token === undefined || (token.kind !== "word" && token.kind !== "quoted")) {
      throw refused(expected, this.#column(), token?.text);
    }
    this.#next += 1;
    return token.text;
  }

  #takesWord(word: "and" | "or" | "not"): boolean {
    const token = this.#tokens[this.#next];
    const taken = token?.kind === "word" && token.text.toLowerCase() === word;
    this.#next += taken ? 1 : 0;
    return taken;
  }

  #column(): number {
    return this.#tokens[this.#next]?.column ?? this.#end;
  }
}

const tokenKinds =
  /\s+|(?<quoted>"(?:[^"\\]|\\.)*")|(?<operator>[<>!]=|[=<>~])|(?<open>\()|(?<close>\))|(?<word>[^\s"()=<>!~]+)/suy;

function tokensOf(filter: string): readonly Token[] {
  const tokens: Token[] = [];
  tokenKinds.lastIndex = 0;
  while (tokenKinds.lastIndex < filter.length) {
    const column = tokenKinds.lastIndex + 1;
    const groups = tokenKinds.exec(filter)?.groups;
    if (groups === undefined) {
      throw refused(
        "a name, a value, an operator or a closed quotation",
        column,
        filter[column - 1],
      );
    }
    for (const kind of ["word", "quoted", "operator", "open", "close"] as const) {
      const text = groups[kind];
      if (text !== undefined) {
        const plain = kind === "quoted" ? text.slice(1, -1).replace(/\\(.)/gsu, "$1") : text;
        tokens.push({ kind, text: plain, column });
      }
    }
  }
  return tokens;
}

function refused(expected: string, column: number, got?: string): CodedError {
  return new CodedError({
    code: "FILTER_SYNTAX",
    message: `expected ${expected} at column ${column} of the filter${got === undefined ? "" : `, got ${JSON.stringify(got.slice(0, 40))}`}`,
    hint: 'such as: tag=ops AND mtime>2026-01-01 AND NOT (path~"archive/**" OR draft=true)',
  });
}
