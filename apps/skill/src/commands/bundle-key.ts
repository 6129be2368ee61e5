import { open } from "node:fs/promises";

import { CodedError } from "@clawkeep/diagnostics";
import { createKeyPair } from "@clawkeep/integrity";

import { printData, printJson } from "../output/print.ts";

/** Options of `bundle-key` as they were written. */
export interface BundleKeyOptions {
  readonly into: string;
  readonly json?: boolean;
}

/** Makes a key for seals: the secret part into a new file of mode 0600, the public part to standard output. */
export async function makeBundleKey(name: string, options: BundleKeyOptions): Promise<number> {
  const { signerKey, verifierKey } = createKeyPair(name);
  const handle = await open(options.into, "wx", 0o600).catch((cause: unknown) => {
    throw new CodedError({
      code: "KEY_NOT_WRITTEN",
      message: `expected to make ${options.into}, which must not be there yet`,
      hint: "A key is never overwritten: name another file.",
      cause,
    });
  });
  try {
    await handle.writeFile(`${signerKey}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (options.json === true) printJson({ version: 1, ok: true, key: options.into, verifierKey });
  else printData(verifierKey);
  return 0;
}
