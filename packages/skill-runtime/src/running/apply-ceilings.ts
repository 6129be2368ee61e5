import type { Action } from "@clawkeep/skill-format";

import type { RuntimeConfiguration } from "../configuration/runtime-configuration.ts";

/** The action within what the owner of the runtime allows: a ceiling lowers and never raises. */
export function applyCeilings(action: Action, configuration: RuntimeConfiguration): Action {
  const { timeoutSec, retries } = configuration;
  const timeoutMs = Math.min(action.timeoutMs, (timeoutSec ?? Infinity) * 1000);
  const attempts = Math.min(action.retries?.attempts ?? 1, retries?.attempts ?? Infinity);
  return {
    ...action,
    timeoutMs,
    ...(action.retries === undefined ? {} : { retries: { ...action.retries, attempts } }),
  };
}
