export { CodedError, isCodedError } from "./coded-error.ts";
export type { ErrorDetails } from "./coded-error.ts";
export { count } from "./count.ts";
export { escapeForTerminal } from "./escape-for-terminal.ts";
export type { EscapeOptions } from "./escape-for-terminal.ts";
export { hasErrors, sortFindings } from "./finding.ts";
export type { Finding, Severity } from "./finding.ts";
export { findingOf } from "./finding-of.ts";
export { formatError, formatFinding } from "./format.ts";
