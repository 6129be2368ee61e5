/** A JSON object whose content has not been judged. */
export type JsonObject = { readonly [key: string]: unknown };

/** True for what JSON writes between braces. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
