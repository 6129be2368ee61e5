import { CodedError } from "@clawkeep/diagnostics";
import { closeSync, constants, fstatSync, openSync, readlinkSync } from "node:fs";

import type { Mount } from "../policy.ts";

/** `O_PATH` of `asm-generic/fcntl.h`; Node does not name it. The same on x86-64 and arm64. */
const O_PATH = 0o10000000;

/** A mount whose source is held open, so that nobody can put another folder in its place. */
export interface OpenMount {
  readonly mount: Mount;
  readonly descriptor: number;
}

/**
 * Opens the sources of mounts without following links.
 * @throws CodedError SANDBOX_ROOT_MISSING when a source is absent, is or contains a link, or is not
 * a folder or a regular file. Nothing stays open then.
 */
export function openMounts(mounts: readonly Mount[]): readonly OpenMount[] {
  const opened: OpenMount[] = [];
  try {
    for (const mount of mounts) {
      const descriptor =
        mount.descriptor === undefined
          ? openSource(mount.source)
          : openAgain(mount.source, mount.descriptor);
      opened.push({ mount, descriptor });
    }
    return opened;
  } catch (error) {
    closeMounts(opened);
    throw error;
  }
}

/** Closes what {@link openMounts} opened. */
export function closeMounts(mounts: readonly OpenMount[]): void {
  for (const { descriptor } of mounts) {
    closeSync(descriptor);
  }
}

/** A second descriptor of what the caller opened: its own may be closed at any time. */
function openAgain(source: string, given: number): number {
  let descriptor: number;
  try {
    descriptor = openSync(`/proc/self/fd/${given}`, O_PATH);
  } catch (cause) {
    throw refusal(source, "its descriptor is not open", cause);
  }
  const status = fstatSync(descriptor);
  if (status.isDirectory() || status.isFile()) {
    return descriptor;
  }
  closeSync(descriptor);
  throw refusal(source, "it is neither a folder nor a regular file");
}

function openSource(source: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(source, O_PATH | constants.O_NOFOLLOW);
  } catch (cause) {
    throw refusal(source, "it cannot be opened", cause);
  }
  const status = fstatSync(descriptor);
  const real = readlinkSync(`/proc/self/fd/${descriptor}`);
  if (real === source && (status.isDirectory() || status.isFile())) {
    return descriptor;
  }
  closeSync(descriptor);
  throw refusal(
    source,
    real === source ? "it is neither a folder nor a regular file" : `it is really ${real}`,
  );
}

function refusal(source: string, why: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "SANDBOX_ROOT_MISSING",
    message: `the root ${source} cannot be shown to the program: ${why}`,
    hint: "a root is an existing folder or file, named by its real path",
    ...(cause === undefined ? {} : { cause }),
  });
}
