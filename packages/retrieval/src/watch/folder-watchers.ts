import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import path from "node:path";

import type { WalkedFolder } from "@clawkeep/documents";

/** What of `fs.watch` is used. */
export type WatchFolder = (
  handle: string,
  listener: (event: string, name: string | null) => void,
) => Pick<FSWatcher, "close" | "on">;

/** Why folders cannot be watched: the system's error code. */
const limits: ReadonlySet<string> = new Set(["ENOSPC", "EMFILE", "ENFILE", "ENOMEM", "ENOSYS"]);

/**
 * The kernel's watches of a workspace: one for each folder that a walk enters, set before the walk
 * lists it. So what changes later is told, and what changed before is seen.
 *
 * What is told is only that something changed; whoever hears it walks everything. So it does no harm
 * that the kernel drops events when its queue is full: dropped ones stand behind others that are
 * still to be delivered, and the walk begins after those.
 */
export class FolderWatchers {
  readonly #watch: WatchFolder;
  readonly #onChange: () => void;
  readonly #open = new Map<string, Pick<FSWatcher, "close">>();
  #seen = new Set<string>();
  #limit: string | undefined;

  constructor(onChange: () => void, watchFolder: WatchFolder = watch) {
    this.#onChange = onChange;
    this.#watch = watchFolder;
  }

  /** Folders that are watched. */
  get size(): number {
    return this.#open.size;
  }

  /** Why not all folders of the last walk are watched, if they are not. */
  get limit(): string | undefined {
    return this.#limit;
  }

  /** A walk begins. */
  begin(): void {
    this.#seen = new Set();
    this.#limit = undefined;
  }

  /** The walk is about to list this folder. */
  take({ handle, identity }: WalkedFolder): void {
    this.#seen.add(identity);
    if (this.#open.has(identity) || this.#limit !== undefined) {
      return;
    }
    try {
      const forget = (): void => {
        if (this.#open.get(identity) === watcher) {
          this.#open.delete(identity);
          watcher.close();
        }
        this.#onChange();
      };
      const watcher = this.#watch(handle, (_, name) => {
        // The folder itself was removed, moved or unmounted: the next walk decides what it is now.
        if (name === path.basename(handle)) {
          forget();
        } else {
          this.#onChange();
        }
      });
      watcher.on("error", forget);
      this.#open.set(identity, watcher);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (limits.has(code)) {
        this.#limit = code;
      } else {
        // Gone already: the walk will see that, or its parent's watch will tell.
        this.#onChange();
      }
    }
  }

  /** The walk came to its end: folders that it did not enter are watched no more. */
  finish(): void {
    for (const [identity, watcher] of this.#open) {
      if (!this.#seen.has(identity)) {
        watcher.close();
        this.#open.delete(identity);
      }
    }
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#open.values()) {
      watcher.close();
    }
    this.#open.clear();
  }
}
