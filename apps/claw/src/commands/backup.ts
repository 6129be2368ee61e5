import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { escapeForTerminal } from "@clawkeep/diagnostics";
import { checkBackupTarget, openBackup, restoreState, writeBackup } from "@clawkeep/provision";
import type { BackupManifest } from "@clawkeep/provision";

import { confirmed } from "../output/confirm.ts";
import { printData, printJson, printNote } from "../output/print.ts";
import { operatedOf } from "../place/operated.ts";
import { stateOf } from "../place/state-folder.ts";
import { whileStopped } from "../place/while-stopped.ts";
import type { Operated } from "../place/operated.ts";

/** Options of `backup` and `restore` as they were written. */
export interface BackupOptions {
  readonly name?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Stops what runs, writes one archive of the state, and starts again what ran. */
export async function backupName(
  file: string | undefined,
  options: BackupOptions,
): Promise<number> {
  const operated = operatedOf(options.name);
  const { name } = operated.card;
  const at = new Date().toISOString().replaceAll(/[:.]/gu, "-");
  const target = path.resolve(file ?? `${name}-${at}.tar`);
  await checkBackupTarget(target, stateOf(operated));
  const manifest = await whileStopped(operated, () => backupOf(operated, target));
  const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
  if (options.json === true) {
    const { files, left } = manifest;
    printJson({ version: 1, name, file: target, files: files.length, bytes, left });
    return 0;
  }
  printData(escapeForTerminal(target));
  printNote(`${manifest.files.length} files, ${bytes} bytes; secrets are not in it`);
  for (const one of manifest.left) printNote(escapeForTerminal(`left out ${one}`));
  return 0;
}

/** Writes the archive; nothing of the deployment may run. */
export async function backupOf(operated: Operated, target: string): Promise<BackupManifest> {
  const { card } = operated;
  const spec = existsSync(card.spec) ? readFileSync(card.spec, "utf8") : "";
  const { name, profile, openclaw } = card;
  const state = stateOf(operated);
  return writeBackup({ name, profile, openclaw, spec, state }, target);
}

/** Checks every digest of an archive, then gives the deployment its state. */
export async function restoreName(file: string, options: BackupOptions): Promise<number> {
  const operated = operatedOf(options.name);
  const { name, openclaw, spec } = operated.card;
  const state = stateOf(operated);
  const backup = await openBackup(path.resolve(file));
  try {
    const { manifest } = backup;
    printNote(
      escapeForTerminal(
        `${file}: ${manifest.name} of ${manifest.at}, OpenClaw ${manifest.openclaw}, ${manifest.files.length} files, every digest is right`,
      ),
    );
    if (manifest.openclaw !== openclaw) {
      printNote(`The deployment runs OpenClaw ${openclaw}: it may not read the state of another.`);
    }
    // Those that apply makes have none.
    const isOther = manifest.spec !== "" && existsSync(spec);
    if (isOther && manifest.spec !== readFileSync(spec, "utf8")) {
      printNote(escapeForTerminal(`${spec} is another one than then; it stays as it is.`));
    }
    const question = `replace the state of ${name} in ${state}?`;
    if (!(await confirmed(question, options.yes === true))) return 1;
    const done = await whileStopped(operated, () => restoreState(backup, state));
    if (options.json === true) printJson({ version: 1, name, state, ...done });
    else {
      printData(escapeForTerminal(`${name}: ${done.files} files restored to ${state}`));
      if (done.before !== undefined) {
        printNote(
          escapeForTerminal(`The state before is in ${done.before}: remove it when all is well.`),
        );
      }
    }
    return 0;
  } finally {
    await backup.close();
  }
}
