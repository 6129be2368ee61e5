/** What a {@link CodedError} is made of. Every field is safe to print after `escapeForTerminal`. */
export interface ErrorDetails {
  /** Stable identifier in SCREAMING_SNAKE_CASE, prefixed by the area that raises it. */
  readonly code: string;
  /** What was expected, what was got, and where. One sentence or two, without a trailing newline. */
  readonly message: string;
  /** What the reader can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

const marker: unique symbol = Symbol.for("clawkeep.CodedError");

/**
 * The one error class that Clawkeep throws. Callers tell errors apart by `code`, never by text.
 * `isCodedError` recognises it across duplicate installs of this package.
 */
export class CodedError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "CodedError";
    this.code = details.code;
    this.hint = details.hint;
    Object.defineProperty(this, marker, { value: true });
  }
}

/** True for a {@link CodedError} made by any copy of this package. */
export function isCodedError(value: unknown): value is CodedError {
  return typeof value === "object" && value !== null && marker in value;
}
