import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
} from "node:fs";
import { promisify } from "node:util";

import { CodedError } from "@clawkeep/diagnostics";
import { writeAtOnce } from "@clawkeep/durable-files";
import type { FaultHook } from "@clawkeep/durable-files";

import { slotHeadBytes } from "./head.ts";
import type { LogPaths } from "./log-paths.ts";

const datasync: (fd: number) => Promise<void> = promisify(fdatasync);

/** Which of the three. */
export type SlotIndex = 0 | 1 | 2;

export const slotIndexes: readonly SlotIndex[] = [0, 1, 2];

/** A slot that one large record has made longer than this is cut again by the next small one. */
const longSlotBytes: number = 256 * 1024;

/**
 * The three files that a head is written to in turn, in place: so making a commit durable is one
 * fdatasync of blocks that are there already, without a new file, a rename or a change of size.
 *
 * Reads and writes are synchronous: they are of some kilobytes that the kernel has in memory, and a
 * turn through the thread pool takes longer. Only {@link HeadSlots.sync} waits for the disk.
 *
 * Steps told to `faults`: `slot:write`, `slot:sync`, `slot:wipe`.
 */
export class HeadSlots {
  readonly #paths: LogPaths["slots"];
  readonly #fds: readonly number[];
  readonly #faults: FaultHook | undefined;
  /** How far each slot may hold other bytes than zero. */
  readonly #used: number[];

  /**
   * Opens slots that are there.
   *
   * @throws CodedError `AUDIT_HEAD_MISSING`, `FILE_NOT_REGULAR`
   */
  constructor(paths: LogPaths["slots"], faults: FaultHook | undefined) {
    this.#paths = paths;
    this.#faults = faults;
    const fds: number[] = [];
    try {
      for (const path of paths) {
        fds.push(openSlot(path));
      }
    } catch (error) {
      for (const fd of fds) {
        closeSync(fd);
      }
      throw error;
    }
    this.#fds = fds;
    this.#used = fds.map((fd) => fstatSync(fd).size);
  }

  /** The first parts of all slots: whoever writes a head changes one of them. */
  firstParts(): Buffer {
    const bytes = Buffer.alloc(slotIndexes.length * slotHeadBytes);
    for (const slot of slotIndexes) {
      const fd = this.#fd(slot);
      if (fstatSync(fd).nlink === 0) {
        throw missing(this.#paths[slot]);
      }
      readAll(fd, bytes.subarray(slot * slotHeadBytes, (slot + 1) * slotHeadBytes));
    }
    return bytes;
  }

  /** All bytes of a slot. */
  read(slot: SlotIndex): Buffer {
    const fd = this.#fd(slot);
    const { size } = fstatSync(fd);
    // Another process may have written it.
    this.#used[slot] = size;
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readAll(fd, bytes));
  }

  /**
   * Writes a slot; a kill may cut it off in the middle, and then no other slot has changed.
   *
   * @returns Its first part as it is now.
   */
  async write(slot: SlotIndex, bytes: Uint8Array): Promise<Uint8Array> {
    const fd = this.#fd(slot);
    const { size } = fstatSync(fd);
    const used = Math.min(size, this.#used[slot] ?? size);
    if (size > longSlotBytes && bytes.length <= longSlotBytes) {
      await this.wipe(slot);
      ftruncateSync(fd, longSlotBytes);
    }
    const padded = Buffer.alloc(Math.max(bytes.length, Math.min(used, longSlotBytes)));
    padded.set(bytes);
    await this.#faults?.("slot:write", { path: this.#paths[slot], bytes: padded, offset: 0 });
    // In doubt until it is written whole.
    this.#used[slot] = Math.max(size, padded.length);
    writeAtOnce(fd, padded, 0);
    this.#used[slot] = bytes.length;
    return padded.subarray(0, slotHeadBytes);
  }

  /**
   * Makes a slot durable. `here`: on this thread, which saves two turns through the thread pool (a
   * third of a millisecond) and lets nothing else run meanwhile.
   */
  async sync(slot: SlotIndex, here = false): Promise<void> {
    await this.#faults?.("slot:sync", { path: this.#paths[slot] });
    if (here) {
      fdatasyncSync(this.#fd(slot));
    } else {
      await datasync(this.#fd(slot));
    }
  }

  /** Takes the signature from a slot, so that nobody can go back to what it held. */
  async wipe(slot: SlotIndex): Promise<void> {
    const bytes = Buffer.alloc(slotHeadBytes);
    await this.#faults?.("slot:wipe", { path: this.#paths[slot], bytes, offset: 0 });
    writeAtOnce(this.#fd(slot), bytes, 0);
  }

  close(): void {
    for (const fd of this.#fds) {
      closeSync(fd);
    }
  }

  #fd(slot: SlotIndex): number {
    return this.#fds[slot] as number;
  }
}

function openSlot(path: string): number {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw code === "ENOENT" ? missing(path, cause) : code === "ELOOP" ? irregular(path) : cause;
  }
  if (!fstatSync(fd).isFile()) {
    closeSync(fd);
    throw irregular(path);
  }
  return fd;
}

function readAll(fd: number, into: Buffer): number {
  let done = 0;
  while (done < into.length) {
    const got = readSync(fd, into, done, into.length - done, done);
    if (got === 0) {
      break;
    }
    done += got;
  }
  return done;
}

function missing(path: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "AUDIT_HEAD_MISSING",
    message: `expected a slot of the head at ${path}, got no such file`,
    hint: "Keep the folder as evidence; start a new log in another one.",
    ...(cause === undefined ? {} : { cause }),
  });
}

function irregular(path: string): CodedError {
  return new CodedError({
    code: "FILE_NOT_REGULAR",
    message: `${path}: expected a file, got a symbolic link or something else`,
    hint: "Find out who made or changed it.",
  });
}
