import { CodedError } from "@clawkeep/diagnostics";
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

import type { Executable } from "./policy.ts";

/**
 * Reads an executable whose digest is named and compares. The bytes returned are the bytes compared,
 * so a file that is swapped or overwritten meanwhile changes nothing.
 * @throws CodedError SANDBOX_EXECUTABLE_MISSING, SANDBOX_DIGEST_MISMATCH
 */
export async function executableBytes(executable: Executable): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    await using file = await open(executable.path, "r");
    bytes = await file.readFile();
  } catch (cause) {
    throw new CodedError({
      code: "SANDBOX_EXECUTABLE_MISSING",
      message: `cannot read the program ${executable.path}`,
      cause,
    });
  }
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (digest !== executable.digest) {
    throw new CodedError({
      code: "SANDBOX_DIGEST_MISMATCH",
      message: `${executable.path} should be ${String(executable.digest)} and is ${digest}`,
      hint: "the program changed since it was locked; review it and lock it again",
    });
  }
  return bytes;
}
