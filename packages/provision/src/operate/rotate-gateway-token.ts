import { readFile } from "node:fs/promises";

import type { HealthGate, ServicePort } from "../ports/service-port.ts";
import { hasSecret, rotateToken } from "../secrets/ensure-token.ts";

/** How a token was changed, and whether the gateway takes it. */
export interface RotatedToken {
  /** `rotated` when the old token is refused and the new one is not; `unproved` where nothing runs. */
  readonly outcome: "rotated" | "unproved" | "not-refused";
  /** What the gateway answers to the old token; 401 is right. */
  readonly oldStatus?: number;
  readonly newStatus?: number;
  /** Services that were started again. */
  readonly restarted: readonly string[];
  readonly reason?: string;
}

/** What rotating has to know. */
export interface TokenRotation {
  readonly file: string;
  /** Called when the file has another token, before anything starts again: who reads a copy gets a new one. */
  readonly changed?: () => Promise<void>;
  readonly services: readonly ServicePort[];
  readonly gate: HealthGate;
  /** What the gateway answers to a token. */
  readonly status: (token: string) => Promise<number | undefined>;
}

/**
 * Gives a deployment a new token, starts again what ran, and asks the gateway whether the old one is
 * refused. The old token is written nowhere and never put back, whatever fails afterwards.
 *
 * @throws CodedError of `hasSecret` and of the services
 */
export async function rotateGatewayToken({
  file,
  changed,
  services,
  gate,
  status,
}: TokenRotation): Promise<RotatedToken> {
  const old = (await hasSecret(file)) ? (await readFile(file, "utf8")).trim() : undefined;
  await rotateToken(file);
  await changed?.();
  const restarted: string[] = [];
  for (const service of services) {
    if (!(await service.isRunning())) continue;
    await service.stop();
    await service.start();
    restarted.push(service.name);
  }
  if (restarted.length === 0) return { outcome: "unproved", restarted };
  const reason = await gate.check();
  if (reason !== undefined) return { outcome: "unproved", restarted, reason };
  const oldStatus = old === undefined ? undefined : await status(old);
  const newStatus = await status((await readFile(file, "utf8")).trim());
  const isRefused = old === undefined || oldStatus === 401 || oldStatus === 403;
  const isTaken = newStatus !== undefined && newStatus !== 401 && newStatus !== 403;
  return {
    outcome: isRefused && isTaken ? "rotated" : "not-refused",
    restarted,
    ...(oldStatus === undefined ? {} : { oldStatus }),
    ...(newStatus === undefined ? {} : { newStatus }),
  };
}
