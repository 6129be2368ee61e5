import { isCodedError } from "@clawkeep/diagnostics";

/** What stands on standard output instead of an answer when JSON was asked for. */
export interface ErrorJson {
  readonly version: 1;
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** An error as data; one without a code is a defect and is called so. */
export function errorAsJson(error: unknown): ErrorJson {
  const code = isCodedError(error) ? error.code : "INTERNAL";
  const hint = isCodedError(error) ? error.hint : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return { version: 1, error: { code, message, ...(hint === undefined ? {} : { hint }) } };
}
