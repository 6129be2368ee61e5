import { CodedError } from "@clawkeep/diagnostics";

import type { FilePort } from "../ports/file-port.ts";
import type { ServicePort } from "../ports/service-port.ts";
import type { Store } from "../store/deployment-store.ts";
import type { Journal, KeptFile } from "../store/record.ts";
import { isKept } from "./plan-changes.ts";
import { putBack } from "./state-backup.ts";

/**
 * Finishes what a kill left: what was recorded as done is done; everything else is undone, so that
 * every file is again what it was, to the byte, and no service runs with a file that is gone. So is OpenClaw's state
 * where the attempt had archived it: what was started since may have written to it.
 *
 * @returns whether something was undone
 * @throws CodedError `APPLY_INTERFERED` when a file is neither what it was nor what was being written
 */
export async function recover(
  store: Store,
  files: FilePort,
  services: readonly ServicePort[],
): Promise<boolean> {
  const journal = store.journal();
  if (journal === undefined) return false;
  const isRecorded = (await store.history()).length >= journal.number;
  for (const { path } of journal.changes) await files.sweep(path);
  if (!isRecorded) {
    for (const { path, before, after } of journal.changes) {
      const found = await files.read(path);
      if (!isKept(found, before) && !isKept(found, withoutOwner(after))) throw interfered(path);
    }
    for (const service of services) await service.stop();
    await undo(journal, store, files);
    const { number, kind, of, state } = journal;
    if (state !== undefined) await putBack(store, state.folder, state.archive);
    await store.addRecord({
      number,
      kind,
      ...(of === undefined ? {} : { of }),
      outcome: "interrupted",
      files: journal.files,
    });
  }
  await store.end();
  await store.pruneArchives();
  return !isRecorded;
}

/** Gives every file of a journal what it was before, last first. Can be repeated. */
export async function undo(journal: Journal, store: Store, files: FilePort): Promise<void> {
  for (const { path, before } of journal.changes.toReversed()) {
    if (isKept(await files.read(path), before)) continue;
    if (before === undefined) await files.remove(path);
    else {
      const { digest, mode, owner } = before;
      const bytes = store.kept(digest);
      await files.write({ path, mode, bytes, ...(owner === undefined ? {} : { owner }) });
    }
  }
}

/** A kill between the rename and the change of the owner leaves the bytes to whoever applied. */
function withoutOwner(file: KeptFile | undefined): KeptFile | undefined {
  if (file === undefined) return undefined;
  const { path, mode, digest } = file;
  return { path, mode, digest };
}

function interfered(path: string): CodedError {
  return new CodedError({
    code: "APPLY_INTERFERED",
    message: `${path}: expected what an interrupted apply found or wrote there, got something else`,
    hint: "Somebody changed it since. Move it away, and apply again.",
  });
}
