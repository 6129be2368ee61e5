import { existsSync, rmSync } from "node:fs";
import path from "node:path";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { checkBackupTarget, readHistory } from "@clawkeep/provision";

import { confirmed } from "../output/confirm.ts";
import { printData, printNote } from "../output/print.ts";
import { managedServices } from "../place/managed-services.ts";
import { operatedOf, settingsOf } from "../place/operated.ts";
import type { Operated } from "../place/operated.ts";
import { stateFolder, stateOf } from "../place/state-folder.ts";
import { backupOf } from "./backup.ts";

/** Options of `uninstall` as they were written. */
export interface UninstallOptions {
  readonly yes?: boolean;
  readonly data?: boolean;
  readonly backup?: string;
}

/**
 * Stops a deployment and removes the files that apply wrote and its history; with `--data` its state, workspace and
 * secrets, too. `deploy.yaml` stays. Removes nothing by a pattern: each file is one of the generation that was applied.
 */
export async function uninstall(
  name: string | undefined,
  options: UninstallOptions,
): Promise<number> {
  const operated = operatedOf(name);
  const { card, store } = operated;
  const applied = (await readHistory(store)).findLast(({ outcome }) => outcome === "applied");
  const files = (applied?.files ?? []).map((file) => file.path).filter((file) => existsSync(file));
  const data = options.data === true ? dataOf(operated) : [];
  // Asked for before anything is stopped.
  const archive = options.backup === undefined ? undefined : path.resolve(options.backup);
  if (archive !== undefined) await checkBackupTarget(archive, stateOf(operated));
  const token = settingsOf(operated).tokenFile;
  for (const one of [...files, store, ...data]) printData(escapeForTerminal(`remove ${one}`));
  if (options.data !== true) {
    printNote(
      escapeForTerminal(
        `${card.state} with conversations, workspace${token === undefined ? "" : " and token"} stays: --data removes it, too.`,
      ),
    );
  }
  if (!(await confirmed(`remove ${card.name}?`, options.yes === true, card.name))) return 1;
  for (const service of (await managedServices(operated)).toReversed()) {
    await service.stop();
  }
  if (archive !== undefined) {
    await backupOf(operated, archive);
    printNote(escapeForTerminal(`backed up in ${archive}`));
  }
  for (const file of files) rmSync(file, { force: true });
  for (const folder of [...data, store]) rmSync(folder, { recursive: true, force: true });
  printData(escapeForTerminal(`${card.name} is removed; ${card.spec} stays`));
  return 0;
}

function dataOf(operated: Operated): readonly string[] {
  const { card } = operated;
  const state = stateFolder(operated);
  // A state folder is some levels down: what is shorter is a mistake in a card that somebody changed.
  if (state !== undefined && path.resolve(state).split("/").length > 2)
    return existsSync(state) ? [state] : [];
  throw new CodedError({
    code: "UNINSTALL_DATA",
    message: `expected a state folder on this host, got ${state ?? `a volume of ${card.profile}'s containers`}`,
    hint:
      card.profile === "podman"
        ? `claw uninstall ${card.name}, then: podman volume rm claw-${card.name}-gateway`
        : `claw uninstall ${card.name}, then: docker volume rm claw-${card.name}_gateway`,
  });
}
