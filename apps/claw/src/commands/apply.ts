import path from "node:path";

import { escapeForTerminal } from "@clawkeep/diagnostics";
import {
  applyDeployment,
  compareDeployment,
  ensureToken,
  readHistory,
  recoverDeployment,
  writeCard,
} from "@clawkeep/provision";
import type { Applied, FileChange, KeptService, KeptState } from "@clawkeep/provision";

import type { ArtifactKind } from "@clawkeep/provision-plan";

import { printData, printJson, printNote } from "../output/print.ts";
import { cardOf, filesOf, secretsOf, secretValues, storeOf } from "../place/deployment.ts";
import { containerIdsOf, giveSecrets } from "../place/container-secrets.ts";
import { keptState } from "../place/kept-state.ts";
import { keptServices, runningOf, serviceOf } from "../place/managed-services.ts";
import { firewallOf, foreignServices, managerOf, managerOfKept } from "../place/manager.ts";
import type { Manager } from "../place/manager.ts";
import { refuseClashes } from "../place/neighbours.ts";
import { formerOf } from "../place/operated.ts";
import { specOrFindings } from "../place/spec-file.ts";
import { healthGates, startedDeployment } from "../place/start-deployment.ts";

/** Options of `apply` as they were written. */
export interface ApplyCommandOptions {
  readonly folder: string;
  readonly start?: boolean;
  readonly openclaw?: string;
  /** Commander's form of `--without-model` is its own option. */
  readonly withoutModel?: boolean;
  readonly manager?: string;
  readonly firewall?: boolean;
  readonly question?: string;
  readonly containerIds?: string;
  readonly dryRun?: boolean;
  readonly overwriteDrift?: boolean;
  readonly keepState?: boolean;
  /** Not an option of the command: `update` makes every process anew. */
  readonly recreate?: boolean;
  readonly json?: boolean;
}

/** Writes the files and the token of a deployment, or leaves everything as it was. */
export async function applySpec(file: string, options: ApplyCommandOptions): Promise<number> {
  const spec = specOrFindings(file);
  if (spec === undefined) return 1;
  refuseClashes(spec, file);
  const store = storeOf(spec.name);
  const former = await keptServices(spec.name);
  const wasStarted = former.length > 0;
  // Whoever started it goes on with it, unless another manager is named.
  const manager =
    options.manager === undefined && wasStarted
      ? (managerOfKept(former) ?? managerOf(spec, undefined))
      : managerOf(spec, options.manager);
  const isSupervised = manager === "supervised";
  const started =
    isSupervised && (options.start === true || wasStarted)
      ? startedDeployment(spec, options)
      : undefined;
  const isStarted = options.start === true || wasStarted;
  const hadFirewall = former.some(({ by }) => by === "nftables");
  const firewall = options.firewall === true || hadFirewall ? firewallOf(spec) : [];
  const files = [
    ...filesOf(spec, options.folder, {
      isStarted,
      // Our own cages have the ids of this host.
      ...(isStarted && manager === "compose"
        ? { containerIds: containerIdsOf(spec, options) }
        : {}),
      installs: [
        ...(isStarted ? installedFor[manager] : []),
        ...(firewall.length === 0 ? [] : ["nftables" as const]),
      ],
    }),
    ...(started?.files ?? []),
  ];
  if (options.dryRun === true) {
    const last = (await readHistory(store)).findLast(({ outcome }) => outcome === "applied");
    const changes = await compareDeployment({ files }, last?.files ?? []);
    const drifts = changes.some(({ drift }) => drift !== undefined);
    print({ outcome: drifts ? "drifted" : "planned", changes }, options);
    return drifts ? 1 : 0;
  }
  const definitions = started?.definitions ?? [];
  const kept: readonly KeptService[] = !isStarted
    ? []
    : isSupervised
      ? definitions.map(({ name }) => ({ by: "supervisor", name }))
      : foreignServices(spec, options.folder, manager);
  const all = kept.map((one) => serviceOf(one, definitions));
  // Without --start what does not run stays so.
  const own = options.start === true ? all : await runningOf(all, store);
  const services = [...firewall.map((one) => serviceOf(one, [])), ...own];
  // Before a token is made: an attempt that was killed may have moved the state that it lies in.
  const recovered = former.length > 0 && (await recoverDeployment(store, services));
  const secrets = secretsOf(spec, options.folder);
  await secretValues(secrets);
  for (const { path: at, isToken } of secrets) if (isToken) await ensureToken(at);
  if (!(isStarted && isSupervised)) {
    const isNeeded = isStarted && manager === "compose";
    await giveSecrets(spec, { ...options, isNeeded });
  }
  const asked = { question: options.question ?? plainQuestion, heard: printAnswer };
  const gates =
    own.length === 0
      ? []
      : healthGates(spec, definitions, options.withoutModel === true ? undefined : asked);
  const card = cardOf(spec, file, { folder: options.folder, isStarted });
  // What never ran has no state of ours.
  const state =
    wasStarted && options.keepState !== true
      ? keptState(formerOf(store, card), spec.openclawVersion)
      : undefined;
  const desired = {
    files,
    services,
    gates,
    kept: [...firewall, ...kept],
    secrets: await secretValues(secrets),
    ...(state === undefined ? {} : { state }),
  };
  const applied = await applyDeployment(store, desired, {
    ...(options.overwriteDrift === true ? { overwriteDrift: true } : {}),
    ...(options.recreate === true ? { recreate: true } : {}),
  });
  const isDone = applied.outcome === "applied" || applied.outcome === "unchanged";
  if (isDone) await writeCard(store, card);
  print({ ...applied, recovered: applied.recovered || recovered }, options, store);
  if (wasStarted && options.keepState !== true && state === undefined && applied.number) {
    printNote(
      "OpenClaw's state is in a volume of the engine: it was not archived; claw backup says how.",
    );
  }
  return isDone ? 0 : 1;
}

/** What each manager reads where it is installed. */
const installedFor: Readonly<Record<Manager, readonly ArtifactKind[]>> = {
  supervised: [],
  systemd: ["systemd-unit", "sysusers", "sysctl"],
  launchd: ["launchd-plist"],
  compose: ["launchd-plist"],
};

/** What apply asks the agent when it has no other question. */
const plainQuestion = "This is a check of the installation. Answer with the word ready.";

function printAnswer(answer: string): void {
  printNote(escapeForTerminal(`the agent answered: ${answer}`));
}

/** Prints what came of an attempt: paths and what happened to them, never what they hold. */
export function print(
  done: Omit<Applied, "outcome" | "recovered"> & {
    readonly outcome: Applied["outcome"] | "planned";
    readonly recovered?: boolean;
    readonly restored?: KeptState;
  },
  { json }: { readonly json?: boolean },
  store = "",
): void {
  const { outcome, number, reason, recovered = false, state, restored } = done;
  const changes = done.changes.map(({ path, drift, ...change }) => ({
    path,
    action: actionOf(change),
    ...(drift === undefined ? {} : { drift }),
  }));
  if (json === true) {
    printJson({
      version: 1,
      outcome,
      recovered,
      ...(number === undefined ? {} : { number }),
      ...(reason === undefined ? {} : { reason }),
      ...(state === undefined ? {} : { state }),
      ...(restored === undefined ? {} : { restored }),
      changes,
    });
    return;
  }
  if (recovered) printNote("an attempt that was killed has been undone first");
  for (const { path, action, drift } of changes) {
    const why = drift === undefined ? "" : ` (${drift} since it was applied last)`;
    printData(
      escapeForTerminal(`${action.padEnd(6)} ${path}${drift === "foreign" ? " (not ours)" : why}`),
    );
  }
  printData(
    escapeForTerminal([outcome, number, reason].filter((one) => one !== undefined).join(" ")),
  );
  if (restored !== undefined) {
    printNote(escapeForTerminal(`OpenClaw's state is that of ${archiveText(restored, store)}`));
  }
  if (state !== undefined) {
    printNote(escapeForTerminal(`OpenClaw's state of before is in ${archiveText(state, store)}`));
  }
  if (outcome === "drifted") {
    printNote(
      "Nothing was written. Take the changes into the spec, or write over them: --overwrite-drift.",
    );
  }
}

/** An archive of a state in words. */
function archiveText({ archive, files, bytes }: KeptState, store: string): string {
  return `${path.join(store, "backups", archive)} (${files} files, ${bytes} bytes)`;
}

function actionOf({ before, after }: Pick<FileChange, "before" | "after">): string {
  if (after === undefined) return "remove";
  return before === undefined ? "create" : "change";
}
