import { setTimeout as delay } from "node:timers/promises";

import { CodedError, isCodedError } from "@clawkeep/diagnostics";
import type { Lock } from "@clawkeep/durable-files";
import { ensurePrivateFolder, lockFile } from "@clawkeep/durable-files";

import { askService } from "../lines/ask-service.ts";
import type { Release } from "../release.ts";
import { compareReleases, parseRelease } from "../release.ts";
import type { SocketPlace } from "./socket-place.ts";

/** The right to serve at a place, or who has it and is to keep it. */
export type Claim =
  | { readonly kind: "claimed"; readonly lock: Lock }
  | { readonly kind: "served"; readonly by: Release };

/**
 * Claims a place for this process. Of two that start, one gets it. The one that serves already keeps it
 * when it is as new; an older one is asked to stop, ends what it has begun, and is waited for. The lock of
 * a dead instance is free.
 *
 * @param waitMs Milliseconds for all of it. Default 10,000.
 * @throws CodedError of `ensurePrivateFolder`; `SERVICE_BUSY` when the other one neither answers nor ends
 */
export async function claimPlace(
  place: SocketPlace,
  release: Release,
  { waitMs = 10_000 }: { readonly waitMs?: number } = {},
): Promise<Claim> {
  await ensurePrivateFolder(place.folder);
  const deadline = performance.now() + waitMs;
  let asked = false;
  for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
    const lock = await tryLock(place.lock);
    if (lock !== undefined) {
      return { kind: "claimed", lock };
    }
    const by = await whoServes(place.socket);
    if (by !== undefined && compareReleases(by, release) >= 0) {
      return { kind: "served", by };
    }
    if (by !== undefined && !asked) {
      asked = true;
      await askService(place.socket, { method: "stop", timeoutMs: waitMs }).catch(() => undefined);
    }
    if (performance.now() >= deadline) {
      throw new CodedError({
        code: "SERVICE_BUSY",
        message: `expected to serve at ${place.socket} within ${waitMs} ms, but another instance holds it`,
        hint: "Stop it; its process id is in the file beside the lock.",
      });
    }
    // It may be starting, or ending.
    await delay(pause);
  }
}

async function tryLock(path: string): Promise<Lock | undefined> {
  try {
    return await lockFile(path, { waitMs: 0 });
  } catch (error) {
    if (isCodedError(error) && error.code === "FILE_LOCKED") {
      return undefined;
    }
    throw error;
  }
}

async function whoServes(socket: string): Promise<Release | undefined> {
  try {
    const reply = await askService(socket, { method: "hello", timeoutMs: 2000 });
    if (reply.kind !== "answer") {
      return undefined;
    }
    const { release } = JSON.parse(reply.output) as { readonly release?: unknown };
    return parseRelease(release);
  } catch {
    return undefined;
  }
}
