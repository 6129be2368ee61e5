import { CodedError } from "@clawkeep/diagnostics";

import type { DesiredFile, FilePort, FoundFile } from "../ports/file-port.ts";
import { digestBytes } from "@clawkeep/integrity";
import type { KeptFile } from "../store/record.ts";

/** What happens to one file. */
export interface FileChange {
  readonly path: string;
  readonly before: FoundFile | undefined;
  readonly after: DesiredFile | undefined;
  /** Why it is not what was applied last: somebody changed it, removed it, or made it. */
  readonly drift?: "changed" | "removed" | "foreign";
}

/**
 * Compares what should be with what is and with what was applied last. Pure but for reading.
 *
 * @param last Files of the generation that was applied last.
 * @returns changes in the order of their paths; nothing for a file that is as it should be
 */
export async function planChanges(
  desired: readonly DesiredFile[],
  last: readonly KeptFile[],
  files: FilePort,
): Promise<readonly FileChange[]> {
  const wanted = new Map(desired.map((file) => [file.path, file]));
  if (wanted.size !== desired.length || desired.some(({ path }) => !path.startsWith("/"))) {
    throw new CodedError({
      code: "APPLY_PATHS",
      message: "expected absolute paths, each once",
    });
  }
  const known = new Map(last.map((file) => [file.path, file]));
  const changes: FileChange[] = [];
  for (const path of [...new Set([...wanted.keys(), ...known.keys()])].toSorted()) {
    const [before, after, was] = [await files.read(path), wanted.get(path), known.get(path)];
    if (isAs(before, after)) continue;
    const drift = driftOf(before, was);
    changes.push({ path, before, after, ...(drift === undefined ? {} : { drift }) });
  }
  return changes;
}

function isAs(found: FoundFile | undefined, file: DesiredFile | undefined): boolean {
  if (found === undefined || file === undefined) return found === file;
  const { owner } = file;
  return (
    found.mode === file.mode &&
    Buffer.compare(found.bytes, file.bytes) === 0 &&
    (owner === undefined || (owner.uid === found.owner.uid && owner.gid === found.owner.gid))
  );
}

function driftOf(
  found: FoundFile | undefined,
  was: KeptFile | undefined,
): FileChange["drift"] | undefined {
  if (was === undefined) return found === undefined ? undefined : "foreign";
  if (found === undefined) return "removed";
  return isKept(found, was) ? undefined : "changed";
}

/** Whether a file is exactly one that was kept. */
export function isKept(found: FoundFile | undefined, was: KeptFile | undefined): boolean {
  if (found === undefined || was === undefined) return found === was;
  const { owner } = was;
  return (
    found.mode === was.mode &&
    digestBytes(found.bytes) === was.digest &&
    (owner === undefined || (owner.uid === found.owner.uid && owner.gid === found.owner.gid))
  );
}
