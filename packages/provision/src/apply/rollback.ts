import { CodedError } from "@clawkeep/diagnostics";

import { hostFiles } from "../ports/file-port.ts";
import { openStore } from "../store/deployment-store.ts";
import type { HistoryRecord, KeptState } from "../store/record.ts";
import type { Applied, ApplyOptions, Desired } from "./apply.ts";
import { applyUnderLock } from "./apply.ts";
import { generationBefore } from "./generation-before.ts";
import { recover } from "./recover.ts";
import { stateLeftBy } from "./state-backup.ts";

/** What came of a rollback. */
export interface RolledBack extends Applied {
  /** The state that was brought back; undefined when nothing has changed what it depends on since. */
  readonly restored?: KeptState;
}

/**
 * Gives a deployment the files of an earlier generation, to the byte, as an attempt of its own, and the state that
 * generation had left, where `running` says whose it is. Secrets are in no generation and in no archive: one that was
 * rotated since stays rotated (threat 17). The state of now is archived first: a rollback is rolled back like an apply.
 *
 * @param to A generation; by default the one before the one that is applied.
 * @throws CodedError `ROLLBACK_NOTHING` when there is no such generation, `ROLLBACK_STATE` when its state is gone; as
 *   `applyDeployment`
 */
export async function rollbackDeployment(
  folder: string,
  running: Omit<Desired, "files">,
  options: ApplyOptions & { readonly to?: number } = {},
): Promise<RolledBack> {
  const { faults, waitMs, to } = options;
  const store = await openStore(folder, {
    ...(faults === undefined ? {} : { faults }),
    ...(waitMs === undefined ? {} : { waitMs }),
  });
  try {
    const recovered = await recover(store, options.files ?? hostFiles(faults), running.services);
    const applied = (await store.history()).filter(({ outcome }) => outcome === "applied");
    const target =
      to === undefined ? generationBefore(applied) : applied.find(({ number }) => number === to);
    if (target === undefined) {
      throw new CodedError({
        code: "ROLLBACK_NOTHING",
        message: `expected generation ${to ?? "before the one that is applied"}, got none`,
        hint: "`claw history` lists generations.",
      });
    }
    const wanted = target.files.map(({ path, mode, digest, owner }) => ({
      path,
      mode,
      bytes: store.kept(digest),
      ...(owner === undefined ? {} : { owner }),
    }));
    const state =
      running.state === undefined ? undefined : await stateLeftBy(target.number, applied, store);
    try {
      const done = await applyUnderLock(
        store,
        { ...running, files: wanted, ...keptBy(target) },
        {
          kind: "rollback",
          of: target.of ?? target.number,
          ...(state === undefined ? {} : { back: state.backup }),
        },
        options,
      );
      const restored =
        state === undefined || done.outcome !== "applied" ? {} : { restored: state.kept };
      return { ...done, ...restored, recovered: done.recovered || recovered };
    } finally {
      await state?.backup.close();
    }
  } finally {
    store.close();
  }
}

function keptBy({ services }: HistoryRecord): Pick<Desired, "kept"> {
  return services === undefined ? {} : { kept: services };
}
