import { CodedError } from "@clawkeep/diagnostics";

/** The error for what is no query. */
export function queryError(message: string): CodedError {
  return new CodedError({
    code: "VECTOR_QUERY",
    message,
    hint: "embed the query with the model of the index",
  });
}
