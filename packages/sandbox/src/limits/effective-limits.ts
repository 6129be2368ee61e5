import type { Limits } from "../policy.ts";

/**
 * What holds where a policy says nothing. Room for a model in memory and a pool of threads, and an
 * end for everything that grows without one.
 */
export const defaultLimits: Required<Omit<Limits, "timeoutMs" | "stdoutBytes" | "stderrBytes">> = {
  memoryBytes: 2 * 1024 ** 3,
  cpuMs: 10 * 60_000,
  processes: 256,
  openFiles: 1024,
  fileBytes: 1024 ** 3,
  tmpBytes: 256 * 1024 ** 2,
};

/** Every limit of a policy, none of them absent. */
export function effectiveLimits(limits: Limits): Required<Limits> {
  return { ...defaultLimits, ...limits };
}
