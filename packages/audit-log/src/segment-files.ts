import { rm } from "node:fs/promises";
import { join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { openAppendLog, syncFolder } from "@clawkeep/durable-files";
import type { FaultOption } from "@clawkeep/durable-files";

import type { AuditLogParts } from "./audit-log.ts";
import type { LogPaths } from "./log-paths.ts";
import { listSegments, segmentName } from "./segments.ts";

/**
 * What a writer does with the segments of a log.
 *
 * Steps told to `faults`: `segment:create`, `segment:sync-folder`, `segment:remove`, and those of
 * `openAppendLog`.
 */
export function segmentFiles(
  { folder }: LogPaths,
  fault: FaultOption,
): Pick<AuditLogParts, "segments" | "openSegment" | "removeSegments"> {
  const { faults } = fault;
  return {
    segments: () => listSegments(folder),
    openSegment: async (first, make) => {
      const path = join(folder, segmentName(first));
      if (make) await faults?.("segment:create", { path });
      const file = await openAppendLog(path, { create: make, ...fault }).catch((error: unknown) => {
        throw damaged(first, error);
      });
      if (make) {
        if (file.size > 0) {
          await file.close();
          throw damaged(first, new Error("it is there already, and not empty"));
        }
        await faults?.("segment:sync-folder", { path: folder });
        await syncFolder(folder);
      }
      return file;
    },
    removeSegments: async (before) => {
      const old = (await listSegments(folder)).filter((first) => first < before);
      for (const first of old) {
        const path = join(folder, segmentName(first));
        await faults?.("segment:remove", { path });
        await rm(path);
        // One after the other, so that no loss of power can leave a hole between them.
        await syncFolder(folder);
      }
      return old;
    },
  };
}

function damaged(first: number, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  if (code !== undefined && code !== "ENOENT") return cause;
  const name = segmentName(first);
  const got = code === "ENOENT" ? "got no such file" : (cause as Error).message;
  return new CodedError({
    code: "AUDIT_LOG_DAMAGED",
    message: `expected ${name} beside the key: ${got}`,
    hint: "Keep the folder as evidence; start a new log in another one.",
    cause,
  });
}
