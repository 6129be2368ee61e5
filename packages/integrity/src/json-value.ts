/** What JSON can hold. Numbers are finite; strings are well-formed UTF-16. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** A JSON object. */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}
