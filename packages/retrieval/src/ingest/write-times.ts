import { lstatSync, readFileSync } from "node:fs";
import path from "node:path";

import { replaceFile } from "@clawkeep/durable-files";

import { formatTimes, timesFile } from "../snapshot/file-times.ts";
import { mtimeOfHint } from "./file-hint.ts";
import type { IndexRun } from "./index-run.ts";

/**
 * Says beside the snapshot when each indexed file was last changed, for filters. Written only when it
 * differs; part of no root, because a copy of the files has other times.
 */
export async function writeTimes({
  catalog,
  modes,
  options,
  place,
  root,
}: IndexRun): Promise<void> {
  const times = new Map<string, { readonly digest: string; readonly mtimeMs: number }>();
  for (const [file, { digest, hint, indexed }] of catalog.documents()) {
    const mtimeMs = indexed ? (mtimeOfHint(hint) ?? mtimeOf(path.join(root, file))) : undefined;
    if (mtimeMs !== undefined) {
      times.set(file, { digest, mtimeMs });
    }
  }
  const text = formatTimes(times);
  const target = path.join(place, timesFile);
  if (readOrNothing(target) !== text) {
    await replaceFile(target, text, {
      mode: modes.file,
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    });
  }
}

function mtimeOf(file: string): number | undefined {
  const status = lstatSync(file, { throwIfNoEntry: false });
  return status?.isFile() === true ? Math.trunc(status.mtimeMs) : undefined;
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
