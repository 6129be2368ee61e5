import { CodedError } from "@clawkeep/diagnostics";
import { rollbackDeployment } from "@clawkeep/provision";

import { knownStoreOf } from "../place/deployment.ts";
import { keptState } from "../place/kept-state.ts";
import { managedServices, runningOf } from "../place/managed-services.ts";
import { operatedOf } from "../place/operated.ts";
import { print } from "./apply.ts";

/** Options of `rollback` as they were written. */
export interface RollbackOptions {
  readonly to?: string;
  readonly overwriteDrift?: boolean;
  readonly keepState?: boolean;
  readonly json?: boolean;
}

/** Gives a deployment the files and the state of an earlier generation. Secrets and workspace stay as they are. */
export async function rollbackName(name: string, options: RollbackOptions): Promise<number> {
  const { to } = options;
  if (to !== undefined && !/^[1-9][0-9]{0,5}$/u.test(to)) {
    throw new CodedError({
      code: "ROLLBACK_NUMBER",
      message: `expected the number of a generation, got ${to}`,
      hint: "`claw history NAME` lists them.",
    });
  }
  const store = knownStoreOf(name);
  const operated = operatedOf(name);
  const managed = await managedServices(operated);
  const services = await runningOf(managed, store);
  // What never ran has no state of ours.
  const state = managed.length > 0 && options.keepState !== true ? keptState(operated) : undefined;
  const done = await rollbackDeployment(
    store,
    { services, gates: [], ...(state === undefined ? {} : { state }) },
    {
      ...(to === undefined ? {} : { to: Number(to) }),
      ...(options.overwriteDrift === true ? { overwriteDrift: true } : {}),
    },
  );
  print(done, options, store);
  return done.outcome === "applied" ? 0 : 1;
}
