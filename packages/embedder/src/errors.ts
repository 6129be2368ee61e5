import { CodedError } from "@clawkeep/diagnostics";

/** The model could not be opened by what runs it, or that could not be loaded. */
export function sessionFailed(why: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "EMBEDDER_SESSION",
    message: `could not open the model on ${process.platform} ${process.arch}: ${why}`,
    hint: "install again; ONNX Runtime has builds for Linux (glibc), macOS (arm64) and Windows",
    cause,
  });
}

/** A text could not be embedded. */
export function encodingFailed(why: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "EMBEDDER_FAILED",
    message: `could not embed a text: ${why}`,
    hint: "check the model's files with `verify: true`",
    cause,
  });
}

/** `embed` was called after `close`, or `close` while it ran. */
export function encoderClosed(): CodedError {
  return new CodedError({
    code: "EMBEDDER_CLOSED",
    message: "expected an open embedder, but it was closed",
  });
}

/** A worker ended on its own. */
export function workerEnded(why: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "EMBEDDER_WORKER",
    message: `an embedding worker ended unexpectedly: ${why}`,
    hint: "free some memory, or use fewer workers",
    cause,
  });
}
