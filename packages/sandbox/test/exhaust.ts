import { expect, vi } from "vitest";

import type { Limits, SandboxLevel } from "../src/index.ts";
import { processesWith } from "./attacker.ts";
import type { Attacker } from "./attacker.ts";
import type { Answer } from "./order.ts";

/**
 * Lets a program take without end what `exhaust.mjs` calls `what`, under these limits. Waits until nothing of
 * it is left.
 */
export async function exhaust(
  attacker: Attacker,
  level: SandboxLevel,
  what: string,
  limits: Partial<Limits>,
): Promise<NonNullable<Answer["outcome"]>> {
  const token = `${process.pid}${Math.round(performance.now() * 1000)}`;
  const where = attacker.makeFolder(`${what}-${token}`);
  const { outcome, error } = await attacker.ask({
    policy: attacker.policy(level, "exhaust.mjs", [token, what], {
      environment: { WHERE: level === "none" ? where : "/tmp" },
      limits: { timeoutMs: 20_000, stdoutBytes: 1000, stderrBytes: 100_000, ...limits },
    }),
  });
  await vi.waitFor(() => expect(processesWith(token)).toEqual([]), { timeout: 5000 });
  if (outcome === undefined) {
    throw new Error(error?.message);
  }
  return outcome;
}
