import type { ArgumentSpec } from "./contract.ts";

/**
 * Says why a value is not what an argument may be, in words that follow "argument NAME: ", or
 * `undefined` when it is. Nothing is converted: `"5"` is not an integer. A path is judged as text
 * only; whether it stays in its root is for who opens it.
 */
export function argumentProblem(spec: ArgumentSpec, value: unknown): string | undefined {
  switch (spec.type) {
    case "string":
      return (
        textProblem(value, spec.minBytes, spec.maxBytes, spec.multiline) ??
        (spec.notOption === true && String(value).startsWith("-")
          ? 'expected text that does not begin with "-"'
          : undefined)
      );
    case "path":
      return textProblem(value, 1, spec.maxBytes, false) ?? pathProblem(String(value));
    case "boolean":
      return typeof value === "boolean" ? undefined : `expected true or false, got ${kind(value)}`;
    case "enum":
      if (typeof value === "string" && spec.values.includes(value)) return undefined;
      return `expected one of ${spec.values.map((one) => JSON.stringify(one)).join(", ")}, got ${kind(value)}`;
    case "integer":
    case "number":
    default:
      return numberProblem(spec, value);
  }
}

/** Why a relative path cannot be used below a root, or `undefined`. */
export function pathProblem(path: string): string | undefined {
  if (path === ".") return undefined;
  if (path.startsWith("/")) return "expected a path relative to its root, got an absolute one";
  for (const part of path.split("/")) {
    if (part === "" || part === "." || part === "..") {
      return `expected a plain relative path, got the part ${JSON.stringify(part)} in it`;
    }
  }
  return undefined;
}

function numberProblem(
  spec: Extract<ArgumentSpec, { type: "integer" | "number" }>,
  value: unknown,
): string | undefined {
  const fits = spec.type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
  const wanted = spec.type === "integer" ? "a whole number" : "a finite number";
  if (!fits || typeof value !== "number") return `expected ${wanted}, got ${kind(value)}`;
  if (value < spec.minimum) return `expected at least ${spec.minimum}, got ${value}`;
  if (value > spec.maximum) return `expected at most ${spec.maximum}, got ${value}`;
  return undefined;
}

function textProblem(
  value: unknown,
  minBytes: number,
  maxBytes: number,
  multiline: boolean,
): string | undefined {
  if (typeof value !== "string") return `expected text, got ${kind(value)}`;
  // Cheap bound first: counting the bytes of a gigabyte to refuse it would be work for nothing.
  if (value.length > maxBytes) return `expected at most ${maxBytes} bytes, got more`;
  const bytes = Buffer.byteLength(value, "utf8");
  if (bytes > maxBytes) return `expected at most ${maxBytes} bytes, got ${bytes}`;
  if (bytes < minBytes) return `expected at least ${minBytes} bytes, got ${bytes}`;
  if (!value.isWellFormed()) return "expected Unicode text, got a lone surrogate";
  const control = (multiline ? controlsButLines : controls).exec(value)?.[0].codePointAt(0);
  if (control === undefined) return undefined;
  const name = control === 0 ? "NUL" : `U+${control.toString(16).toUpperCase().padStart(4, "0")}`;
  return `expected text without control characters, got ${name}`;
}

// eslint-disable-next-line no-control-regex -- finding control characters is the purpose
const controls: RegExp = /[\u0000-\u001f\u007f-\u009f]/u;
// eslint-disable-next-line no-control-regex -- finding control characters is the purpose
const controlsButLines: RegExp = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/u;

/** The kind of a value, never the value: a refusal may be printed where the value may not. */
function kind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "other text";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
