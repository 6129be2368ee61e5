import type { CodedError } from "./coded-error.ts";
import type { Finding } from "./finding.ts";

/** A coded error as one finding among others, for a validator that goes on after it. */
export function findingOf(error: CodedError): Finding {
  return {
    code: error.code,
    severity: "error",
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
}
