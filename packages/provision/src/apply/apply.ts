import { isDeepStrictEqual } from "node:util";

import { CodedError } from "@clawkeep/diagnostics";
import type { FaultHook } from "@clawkeep/durable-files";

import type { DesiredFile, FilePort, FoundFile } from "../ports/file-port.ts";
import type { KeptService } from "../managers/kept-service.ts";
import { hostFiles } from "../ports/file-port.ts";
import type { HealthGate, ServicePort } from "../ports/service-port.ts";
import type { Store } from "../store/deployment-store.ts";
import { openStore } from "../store/deployment-store.ts";
import type { VerifiedBackup } from "../operate/backup/read-backup.ts";
import type { Journal, KeptFile, KeptState } from "../store/record.ts";
import type { FileChange } from "./plan-changes.ts";
import { planChanges } from "./plan-changes.ts";
import { recover, undo } from "./recover.ts";
import type { DeploymentState } from "./state-backup.ts";
import { backUpState, bringBack, hasState, putBack } from "./state-backup.ts";

/** A deployment as it should be. */
export interface Desired {
  readonly files: readonly DesiredFile[];
  /** In the order in which they start; stopped the other way round. */
  readonly services: readonly ServicePort[];
  readonly gates: readonly HealthGate[];
  /** The same services by what keeps them: recorded, so that later commands ask the same manager. */
  readonly kept?: readonly KeptService[];
  /** Archived before what it depends on changes, and put back when the change is. Default: it is left alone. */
  readonly state?: DeploymentState;
  /** Texts that must be in no file, such as tokens: a file is kept in every generation, a secret in none. */
  readonly secrets?: readonly string[];
}

/** How it is applied. */
export interface ApplyOptions {
  /** What was changed by hand is written over; it is kept in the store. Default: nothing is, and it is said. */
  readonly overwriteDrift?: boolean;
  /** Processes are made anew though no file changes, as after an update. */
  readonly recreate?: boolean;
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
  /** Where the state as it was before is. */
  readonly state?: KeptState;
}

/**
 * Makes a deployment what it should be, or leaves it as it was: a file that cannot be written, a
 * service that does not start or a gate that says no puts every file back to the byte and starts what
 * ran before. Killed at any moment, the next call undoes first. A call with nothing to do writes nothing.
 *
 * Where OpenClaw's state depends on what changes, it is archived while nothing runs, and is put back with the files.
 *
 * Steps told to `faults`, besides those of `replaceFile`, `writeBackup` and `restoreState`: `apply:file`,
 * `remove:unlink`, `apply:stop`, `apply:start`, `apply:gate`, `journal:remove`.
 *
 * @param folder The deployment's own, under the state home.
 * @throws CodedError `FILE_LOCKED`, `APPLY_SECRET_IN_FILE`, `APPLY_PATHS`, `APPLY_INTERFERED`,
 *   `HISTORY_DAMAGED`, `FILE_NOT_REGULAR` (a link where a file belongs), `BACKUP_SPACE`
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

/**
 * Undoes an attempt that was killed, so that what is made before an apply, such as a token, finds everything in its
 * place.
 *
 * @returns whether something was undone
 * @throws CodedError `FILE_LOCKED`, `APPLY_INTERFERED`, `HISTORY_DAMAGED`
 */
export async function recoverDeployment(
  folder: string,
  services: readonly ServicePort[],
): Promise<boolean> {
  const store = await openStore(folder);
  try {
    return await recover(store, hostFiles(), services);
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

/** What kind of attempt it is. */
export interface Attempt {
  readonly kind: "apply" | "rollback";
  readonly of?: number;
  /** The state that a rollback brings back. */
  readonly back?: VerifiedBackup;
}

/** The same under a lock that is held. */
export async function applyUnderLock(
  store: Store,
  desired: Desired,
  { back, ...what }: Attempt,
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
  const isAnew = options.recreate === true || back !== undefined;
  if (changes.length === 0 && isKept && isRunning && what.kind === "apply" && !isAnew) {
    return { outcome: "unchanged", changes, recovered };
  }
  const number = history.length + 1;
  const archive = `before-${String(number).padStart(6, "0")}.tar`;
  const { state } = desired;
  const isArchived =
    state !== undefined &&
    (isAnew || state.dependsOn(changes)) &&
    (await hasState(state, store.archive(archive)));
  const journal = await journalOf(store, desired, changes, {
    ...what,
    number,
    ran: ran.map(({ name }) => name),
    ...(isArchived ? { state: { folder: state.folder, archive } } : {}),
  });
  const { of } = journal;
  await store.begin(journal);
  const { faults } = options;
  const did: { state?: KeptState; touchedState: boolean } = { touchedState: false };
  const steps = async (): Promise<string | undefined> => {
    // A service reads its files when it starts: it is stopped before they change, and never sees half of them.
    if (changes.length > 0 || isAnew || isArchived) await stopAll(desired.services, faults);
    if (isArchived) did.state = await backUpState(state, store, archive, faults);
    did.touchedState = back !== undefined;
    if (back !== undefined && state !== undefined) await bringBack(back, state.folder, faults);
    await writeAll(changes, files, faults);
    did.touchedState = true;
    return startAll(desired, faults);
  };
  const reason = await steps().catch(textOf);
  if (reason !== undefined) {
    for (const service of desired.services.toReversed()) await service.stop();
    await undo(journal, store, files);
    if (did.touchedState && journal.state !== undefined) {
      await putBack(store, journal.state.folder, archive);
    }
    for (const service of ran) await service.start();
  }
  const kept = reason === undefined && did.state !== undefined ? { state: did.state } : {};
  await store.addRecord({
    number,
    kind: what.kind,
    ...(of === undefined ? {} : { of }),
    outcome: reason === undefined ? "applied" : "rolled-back",
    ...(reason === undefined ? {} : { reason }),
    files: journal.files,
    ...(desired.kept === undefined ? {} : { services: desired.kept }),
    ...kept,
  });
  await store.end();
  await store.pruneArchives();
  return reason === undefined
    ? { outcome: "applied", number, changes, recovered, ...kept }
    : { outcome: "rolled-back", number, changes, recovered, reason };
}

async function stopAll(
  services: readonly ServicePort[],
  faults: FaultHook | undefined,
): Promise<void> {
  for (const service of services.toReversed()) {
    await faults?.("apply:stop", { path: service.name });
    await service.stop();
  }
}

async function writeAll(
  changes: readonly FileChange[],
  files: FilePort,
  faults: FaultHook | undefined,
): Promise<void> {
  for (const { path, after } of changes) {
    await faults?.("apply:file", { path });
    if (after === undefined) await files.remove(path);
    else await files.write(after);
  }
}

/** Why it does not work, or undefined. */
async function startAll(
  { services, gates }: Desired,
  faults: FaultHook | undefined,
): Promise<string | undefined> {
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
  what: Pick<Journal, "kind" | "number" | "of" | "ran" | "state">,
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
