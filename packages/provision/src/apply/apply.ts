import { isDeepStrictEqual } from "node:util";

import { CodedError } from "@clawkeep/diagnostics";
import type { FaultHook } from "@clawkeep/durable-files";

import type { DesiredFile, FilePort, FoundFile } from "../ports/file-port.ts";
import type { KeptService } from "../managers/kept-service.ts";
import { hostFiles } from "../ports/file-port.ts";
import type { HealthGate, ServicePort } from "../ports/service-port.ts";
import type { Store } from "../store/deployment-store.ts";
import { openStore } from "../store/deployment-store.ts";
import type { Journal, KeptFile } from "../store/record.ts";
import type { FileChange } from "./plan-changes.ts";
import { planChanges } from "./plan-changes.ts";
import { recover, undo } from "./recover.ts";

/** A deployment as it should be. */
export interface Desired {
  readonly files: readonly DesiredFile[];
  /** In the order in which they start; stopped the other way round. */
  readonly services: readonly ServicePort[];
  readonly gates: readonly HealthGate[];
  /** The same services by what keeps them: recorded, so that later commands ask the same manager. */
  readonly kept?: readonly KeptService[];
  /** Texts that must be in no file, such as tokens: a file is kept in every generation, a secret in none. */
  readonly secrets?: readonly string[];
}

/** How it is applied. */
export interface ApplyOptions {
  /** What was changed by hand is written over; it is kept in the store. Default: nothing is, and it is said. */
  readonly overwriteDrift?: boolean;
  /** Milliseconds to wait for another who applies. Default 0. */
  readonly waitMs?: number;
  readonly files?: FilePort;
  readonly faults?: FaultHook;
}

/** What came of it. */
export interface Applied {
  readonly outcome: "applied" | "unchanged" | "drifted" | "rolled-back";
  /** Of the attempt; undefined when nothing was written. */
  readonly number?: number;
  readonly changes: readonly FileChange[];
  /** An earlier attempt had been killed, and was undone first. */
  readonly recovered: boolean;
  /** Why it was rolled back. */
  readonly reason?: string;
}

/**
 * Makes a deployment what it should be, or leaves it as it was: a file that cannot be written, a
 * service that does not start or a gate that says no puts every file back to the byte and starts what
 * ran before. Killed at any moment, the next call undoes first. A call with nothing to do writes nothing.
 *
 * Steps told to `faults`, besides those of `replaceFile`: `apply:file`, `remove:unlink`, `apply:stop`,
 * `apply:start`, `apply:gate`, `journal:remove`.
 *
 * @param folder The deployment's own, under the state home.
 * @throws CodedError `FILE_LOCKED`, `APPLY_SECRET_IN_FILE`, `APPLY_PATHS`, `APPLY_INTERFERED`,
 *   `HISTORY_DAMAGED`, `FILE_NOT_REGULAR` (a link where a file belongs)
 */
export async function applyDeployment(
  folder: string,
  desired: Desired,
  options: ApplyOptions = {},
): Promise<Applied> {
  const { faults, waitMs } = options;
  refuseSecrets(desired);
  const store = await openStore(folder, {
    ...(faults === undefined ? {} : { faults }),
    ...(waitMs === undefined ? {} : { waitMs }),
  });
  try {
    return await applyUnderLock(store, desired, { kind: "apply" }, options);
  } finally {
    store.close();
  }
}

/** What a deployment would become; nothing is written. An attempt that was killed is not undone. */
export async function compareDeployment(
  desired: Pick<Desired, "files">,
  last: readonly KeptFile[],
): Promise<readonly FileChange[]> {
  return planChanges(desired.files, last, hostFiles());
}

/** The same under a lock that is held. */
export async function applyUnderLock(
  store: Store,
  desired: Desired,
  what: { readonly kind: "apply" | "rollback"; readonly of?: number },
  options: ApplyOptions,
): Promise<Applied> {
  const files = options.files ?? hostFiles(options.faults);
  const recovered = await recover(store, files, desired.services);
  const history = await store.history();
  const last = history.findLast(({ outcome }) => outcome === "applied");
  const changes = await planChanges(desired.files, last?.files ?? [], files);
  if (options.overwriteDrift !== true && changes.some(({ drift }) => drift !== undefined)) {
    return { outcome: "drifted", changes, recovered };
  }
  const ran = await runningOf(desired.services);
  const isKept = isDeepStrictEqual(desired.kept ?? [], last?.services ?? []);
  const isRunning = ran.length === desired.services.length;
  if (changes.length === 0 && isKept && isRunning && what.kind === "apply") {
    return { outcome: "unchanged", changes, recovered };
  }
  const journal = await journalOf(store, desired, changes, { ...what, number: history.length + 1 });
  const { number, of } = journal;
  await store.begin(journal);
  const reason = await carryOut(desired, changes, files, options.faults).catch(textOf);
  if (reason !== undefined) {
    for (const service of desired.services.toReversed()) await service.stop();
    await undo(journal, store, files);
    for (const service of ran) await service.start();
  }
  await store.addRecord({
    number,
    kind: what.kind,
    ...(of === undefined ? {} : { of }),
    outcome: reason === undefined ? "applied" : "rolled-back",
    ...(reason === undefined ? {} : { reason }),
    files: journal.files,
    ...(desired.kept === undefined ? {} : { services: desired.kept }),
  });
  await store.end();
  return reason === undefined
    ? { outcome: "applied", number, changes, recovered }
    : { outcome: "rolled-back", number, changes, recovered, reason };
}

async function carryOut(
  { services, gates }: Desired,
  changes: readonly FileChange[],
  files: FilePort,
  faults: FaultHook | undefined,
): Promise<string | undefined> {
  // A service reads its files when it starts: it is stopped before they change, and never sees half of them.
  if (changes.length > 0) {
    for (const service of services.toReversed()) {
      await faults?.("apply:stop", { path: service.name });
      await service.stop();
    }
  }
  for (const { path, after } of changes) {
    await faults?.("apply:file", { path });
    if (after === undefined) await files.remove(path);
    else await files.write(after);
  }
  for (const service of services) {
    await faults?.("apply:start", { path: service.name });
    if (!(await service.isRunning())) await service.start();
  }
  for (const gate of gates) {
    await faults?.("apply:gate", { path: gate.name });
    const why = await gate.check();
    if (why !== undefined) return `${gate.name}: ${why}`;
  }
  return undefined;
}

async function journalOf(
  store: Store,
  desired: Desired,
  changes: readonly FileChange[],
  what: Pick<Journal, "kind" | "number"> & { readonly of?: number },
): Promise<Journal> {
  const keep = async (file: DesiredFile | FoundFile): Promise<KeptFile> => {
    const { path, mode, bytes, owner } = file;
    const digest = await store.keep(bytes);
    return { path, mode, digest, ...(owner === undefined ? {} : { owner }) };
  };
  const kept: Journal["changes"][number][] = [];
  for (const { path, before, after } of changes) {
    kept.push({
      path,
      ...(before === undefined ? {} : { before: await keep(before) }),
      ...(after === undefined ? {} : { after: await keep(after) }),
    });
  }
  const files: KeptFile[] = [];
  for (const file of desired.files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    files.push(await keep(file));
  }
  return { version: 1, ...what, changes: kept, files };
}

async function runningOf(services: readonly ServicePort[]): Promise<readonly ServicePort[]> {
  const running: ServicePort[] = [];
  for (const service of services) if (await service.isRunning()) running.push(service);
  return running;
}

function refuseSecrets({ files, secrets = [] }: Desired): void {
  for (const { path, bytes } of files) {
    if (secrets.some((secret) => secret !== "" && Buffer.from(bytes).includes(secret))) {
      throw new CodedError({
        code: "APPLY_SECRET_IN_FILE",
        message: `${path}: expected references to secrets, got a secret itself`,
        hint: "Files are kept in every generation; a secret belongs into its own file only.",
      });
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
