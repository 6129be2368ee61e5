import { readFile, rename, rm } from "node:fs/promises";

import { CodedError } from "@clawkeep/diagnostics";
import { replaceFile, sweepTemporaries, syncFolder } from "@clawkeep/durable-files";
import type { FaultOption } from "@clawkeep/durable-files";
import { verifierOf } from "@clawkeep/integrity";
import type { NoteSigner } from "@clawkeep/integrity";

import { allKeys, formatVerifierFile, parseVerifierFile } from "./log-key-chain.ts";
import type { LogKeys } from "./log-key-chain.ts";
import { readSigner } from "./log-keys.ts";
import type { LogPaths } from "./log-paths.ts";

/**
 * The key files of a log, for one who holds its lock. A rotation is done when a head that has its
 * record is written; before it there is a `key.next` that means nothing, after it `adopt` carries the
 * new key to its place, whoever does it.
 *
 * Steps told to `faults`: those of `replaceFile`, `key:rename`, `key:sync-folder`.
 */
export class KeyFiles {
  readonly #paths: LogPaths;
  readonly #options: FaultOption;

  constructor(paths: LogPaths, options: FaultOption) {
    this.#paths = paths;
    this.#options = options;
  }

  /**
   * The private key and the public keys that go with it.
   *
   * @throws CodedError as `readSigner`
   */
  async read(): Promise<{ readonly signer: NoteSigner; readonly keys: LogKeys }> {
    const signer = await readSigner(this.#paths.key);
    const own = verifierOf(signer);
    const known = await this.#published();
    const fits = known !== undefined && allKeys(known).some(({ keyId }) => keyId === own.keyId);
    return { signer, keys: fits ? known : own };
  }

  /**
   * Checks that the public keys are there, and end with that of a private key.
   *
   * @throws CodedError `AUDIT_VERIFIER_MALFORMED`, `AUDIT_KEY_TRANSITION`, `AUDIT_VERIFIER_OTHER`
   */
  async requirePublished(signer: NoteSigner): Promise<void> {
    const bytes = await readFile(this.#paths.verifier).catch(() => Buffer.alloc(0));
    const { keyId } = parseVerifierFile(bytes);
    if (keyId !== signer.keyId) {
      throw new CodedError({
        code: "AUDIT_VERIFIER_OTHER",
        message: `expected the log's public keys to end with ${signer.keyId}, got ${keyId}`,
        hint: "Verify the log; put back its file `verifier`.",
      });
    }
  }

  /** Puts a new private key beside the present one. */
  async prepare(signerKey: string): Promise<void> {
    await replaceFile(this.#paths.nextKey, `${signerKey}\n`, this.#options);
  }

  /**
   * Makes the files those of a log whose head is signed by these keys.
   *
   * @throws CodedError `AUDIT_KEY_MISSING` when the private key of the last of them is not there
   */
  async adopt(keys: LogKeys): Promise<NoteSigner> {
    const { verifier, key, nextKey } = this.#paths;
    const text = formatVerifierFile(keys);
    if ((await readFile(verifier, "utf8").catch(() => "")) !== text) {
      await replaceFile(verifier, text, this.#options);
    }
    const present = await readSigner(key);
    if (present.keyId === keys.keyId) {
      return present;
    }
    const next = await readSigner(nextKey).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return undefined;
    });
    if (next?.keyId !== keys.keyId) {
      throw new CodedError({
        code: "AUDIT_KEY_MISSING",
        message: `expected the private side of key ${keys.keyId} at ${key}, got that of ${present.keyId}`,
        hint: "The log can be verified, but not continued. Start a new one in another folder.",
      });
    }
    await this.#options.faults?.("key:rename", { path: key });
    await rename(nextKey, key);
    await this.#options.faults?.("key:sync-folder", { path: this.#paths.folder });
    await syncFolder(this.#paths.folder);
    return next;
  }

  /** Removes a new key that never came to be used. */
  async sweep(): Promise<void> {
    await rm(this.#paths.nextKey, { force: true });
    await sweepTemporaries(this.#paths.nextKey);
  }

  async #published(): Promise<LogKeys | undefined> {
    try {
      return parseVerifierFile(await readFile(this.#paths.verifier));
    } catch {
      // `verify` says what is wrong with it.
      return undefined;
    }
  }
}
