import { readSmallFile } from "@clawkeep/durable-files";
import { lstatSync } from "node:fs";

import { fileIdentity } from "./file-identity.ts";

/**
 * A change in the same tick of the file system's clock could leave an identity as it was, so what
 * changed this recently is read again each time.
 */
export const SETTLED_MS = 1000;
/** Files remembered at one time. */
const maxFiles = 256;

/** Small files of one kind, with what they were parsed to: parsed again only when they change. */
export class RememberedFiles<T> {
  readonly #parse: (bytes: Buffer) => T;
  readonly #settledMs: number;
  readonly #known: Map<string, { readonly identity: string; readonly value: T }> = new Map();

  /** `settledMs`: how long a file must not have changed before it is remembered. */
  constructor(parse: (bytes: Buffer) => T, settledMs: number = SETTLED_MS) {
    this.#parse = parse;
    this.#settledMs = settledMs;
  }

  /**
   * What the file holds; `undefined` when there is none.
   * @throws what `parse` and `readSmallFile` throw; nothing is remembered then
   */
  read(file: string): T | undefined {
    const began = Date.now();
    const identity = fileIdentity(file);
    const known = this.#known.get(file);
    if (known !== undefined && known.identity === identity) {
      return known.value;
    }
    this.#known.delete(file);
    const bytes = readSmallFile(file);
    if (bytes === undefined) {
      return undefined;
    }
    const value = this.#parse(bytes);
    // Looked at before and after: what was read is what the identity stands for. A link is not what
    // it leads to, so its identity says nothing.
    const status = lstatSync(file, { throwIfNoEntry: false });
    if (
      identity !== undefined &&
      status?.isFile() === true &&
      began - status.ctimeMs > this.#settledMs &&
      fileIdentity(file) === identity
    ) {
      if (this.#known.size >= maxFiles) {
        this.#known.clear();
      }
      this.#known.set(file, { identity, value });
    }
    return value;
  }
}
