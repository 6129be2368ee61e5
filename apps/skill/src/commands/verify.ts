import { limits, verifyBundle } from "@clawkeep/clawhub";
import type { BundleVerdict } from "@clawkeep/clawhub";
import { CodedError, count, escapeForTerminal } from "@clawkeep/diagnostics";
import { openRegularFile, readFully } from "@clawkeep/durable-files";

import { findingsText, printData, printJson } from "../output/print.ts";

/** Options of `verify` as they were written. */
export interface VerifyOptions {
  readonly verifier?: string;
  readonly seal?: string;
  readonly json?: boolean;
}

// Headers and names take some of a bundle too.
const maxBundle = limits.totalBytes + limits.files * 2200 + 1_048_576;
const maxText = 65_536;

/** Says whether bundles are whole, and, with a pinned key, whose they are. Unpacks nothing. */
export async function verifyBundles(
  bundles: readonly string[],
  options: VerifyOptions,
): Promise<number> {
  if (options.seal !== undefined && (options.verifier === undefined || bundles.length > 1)) {
    throw new CodedError({
      code: "VERIFY_USAGE",
      message: "expected --seal beside --verifier and one bundle",
      hint: "Without it the seal is looked for at BUNDLE.seal.",
    });
  }
  const verifierKey =
    options.verifier === undefined
      ? undefined
      : Buffer.from(await readWhole(options.verifier, maxText)).toString("utf8");
  const verdicts: { readonly bundle: string; readonly verdict: BundleVerdict }[] = [];
  for (const bundle of bundles) {
    const bytes = await readWhole(bundle, maxBundle);
    const pinned =
      verifierKey === undefined
        ? undefined
        : { verifierKey, seal: await readSeal(options.seal, bundle) };
    verdicts.push({ bundle, verdict: verifyBundle(bytes, pinned) });
  }
  const ok = verdicts.every(({ verdict }) => verdict.ok);
  if (options.json === true) {
    const list = verdicts.map(({ bundle, verdict }) => ({ bundle, ...verdict }));
    printJson({ version: 1, ok, bundles: list });
  } else for (const { bundle, verdict } of verdicts) printText(bundle, verdict);
  return ok ? 0 : 1;
}

function printText(bundle: string, verdict: BundleVerdict): void {
  const { ok, trust, signer, slug, fingerprint, files, digest, findings } = verdict;
  if (!ok) {
    printData(escapeForTerminal(`wrong ${bundle}`));
    printData(findingsText(findings));
    return;
  }
  const said =
    trust === "signed"
      ? `signed by ${signer ?? ""}`
      : "integrity only: whole and unchanged since it was packed, by whomever";
  printData(escapeForTerminal(`ok    ${bundle}: ${slug ?? ""}, ${count(files.length, "file")}`));
  printData(escapeForTerminal(`  trust        ${said}`));
  printData(`  bundle       ${digest}\n  fingerprint  ${fingerprint ?? ""}`);
}

async function readSeal(named: string | undefined, bundle: string): Promise<string | undefined> {
  const seal =
    named === undefined
      ? await readIfThere(`${bundle}.seal`, maxText)
      : await readWhole(named, maxText);
  return seal === undefined ? undefined : Buffer.from(seal).toString("utf8");
}

async function readWhole(path: string, limit: number): Promise<Uint8Array> {
  const bytes = await readIfThere(path, limit);
  if (bytes !== undefined) return bytes;
  throw new CodedError({
    code: "FILE_MISSING",
    message: `expected a file at ${path}, got none`,
    hint: "Check the path.",
  });
}

async function readIfThere(path: string, limit: number): Promise<Uint8Array | undefined> {
  const handle = await openRegularFile(path).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    if (size > limit) {
      throw new CodedError({
        code: "FILE_TOO_LARGE",
        message: `${path}: expected at most ${limit} bytes, got ${size}`,
        hint: "It cannot be what it is said to be.",
      });
    }
    return await readFully(handle, 0, size);
  } finally {
    await handle.close();
  }
}
