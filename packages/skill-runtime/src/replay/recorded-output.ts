import type { RecordedOutput } from "@clawkeep/audit-log";
import { CodedError } from "@clawkeep/diagnostics";
import { openRegularFile } from "@clawkeep/durable-files";
import { digestBytes } from "@clawkeep/integrity";
import path from "node:path";

/** The bytes of a recorded output, and where they were found. */
export interface RecordedBytes {
  readonly bytes?: Uint8Array;
  readonly from: "artifact" | "given" | "absent";
}

/** Larger files are not read: no artifact is. */
const maxBytes: number = 2 ** 30;

/**
 * Finds the bytes of an output by their recorded digest: in the file that the caller names, else among
 * the artifacts that the runtime kept. What does not have the digest is not taken.
 *
 * @throws CodedError `REPLAY_OUTPUT_OTHER` when the file that the caller names is something else
 */
export async function recordedOutput(
  home: string,
  { digest, bytes: length }: RecordedOutput,
  named: string | undefined,
): Promise<RecordedBytes> {
  if (named !== undefined) {
    const bytes = await read(named);
    if (bytes !== undefined && digestBytes(bytes) === digest) return { bytes, from: "given" };
    throw new CodedError({
      code: "REPLAY_OUTPUT_OTHER",
      message: `expected the recorded output in ${named}: ${length} bytes, ${digest}; got ${bytes === undefined ? "no such file" : `${bytes.length} bytes, ${digestBytes(bytes)}`}`,
      hint: "the output as the program printed it: `run --json` shows it inside of JSON",
    });
  }
  if (length === 0) return { bytes: new Uint8Array(), from: "artifact" };
  const file = path.join(home, "artifacts", digest.slice(digest.indexOf(":") + 1));
  const bytes = await read(file);
  return bytes !== undefined && digestBytes(bytes) === digest
    ? { bytes, from: "artifact" }
    : { from: "absent" };
}

async function read(file: string): Promise<Uint8Array | undefined> {
  let handle;
  try {
    handle = await openRegularFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return (await handle.stat()).size > maxBytes ? undefined : await handle.readFile();
  } finally {
    await handle.close();
  }
}
