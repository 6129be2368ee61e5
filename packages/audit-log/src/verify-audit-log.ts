import { stat } from "node:fs/promises";

import { hasErrors, isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { compactRoot, formatVerifierKey, verifierOf } from "@clawkeep/integrity";
import type { CompactTree, Digest } from "@clawkeep/integrity";

import { CheckpointWatch } from "./checkpoint-watch.ts";
import { identityOf } from "./log-identity.ts";
import type { LogIdentity } from "./log-identity.ts";
import { allKeys, parseVerifierFile } from "./log-key-chain.ts";
import type { LogKeys } from "./log-key-chain.ts";
import { readSigner } from "./log-keys.ts";
import { logPaths } from "./log-paths.ts";
import type { LogPaths } from "./log-paths.ts";
import { FolderSource } from "./log-source.ts";
import type { LogSource } from "./log-source.ts";
import { scanLog } from "./scan-log.ts";
import type { ScanListener } from "./scan-log.ts";
import { WitnessWatch } from "./witness-watch.ts";

/** What is known of a log from elsewhere. */
export interface VerifyOptions {
  /** A signed checkpoint that was kept where the log's writer cannot change it. */
  readonly checkpoint?: string;
  /** The text of a witness: all checkpoints that were appended to it, the newest last. */
  readonly witness?: string;
  /** The log's public key, kept likewise: the text of its `verifier` file, also as it once was. */
  readonly verifierKey?: string;
}

/** What a verification says. */
export interface AuditVerification {
  /** True when no finding is an error. */
  readonly ok: boolean;
  /** All of them, in the order of the log; codes as in docs/audit-format.md. */
  readonly findings: readonly Finding[];
  /** The log's id and key, when its public key could be read. */
  readonly identity?: LogIdentity;
  /** Ids of the keys that the log had before, oldest first. */
  readonly earlierKeys?: readonly string[];
  /** Number of records of the log, those that were removed included. */
  readonly size: number;
  /** How many of them were removed: all before the first segment that is there. */
  readonly removed: number;
  /** The root over them. */
  readonly root: Digest;
  /** The head's signed checkpoint, when there is a sound head: keep it elsewhere. */
  readonly checkpoint?: string;
}

/**
 * Verifies a log: every record, the head, the key files, and what is known from elsewhere.
 * Linear in the log, in memory that does not grow with it. Takes no lock and writes nothing.
 *
 * A folder that is no log gives findings, it does not throw. Errors of the file system do
 * (`EACCES`), and links or special files in place of files (`FILE_NOT_REGULAR`).
 */
export async function verifyAuditLog(
  folder: string,
  options: VerifyOptions = {},
): Promise<AuditVerification> {
  const paths = logPaths(folder);
  const source = new FolderSource(paths);
  try {
    const verification = await verifySource(source, options);
    const findings = [
      ...(await checkModes(folder)),
      ...(await checkKey(paths, verification)),
      ...verification.findings,
    ];
    return { ...verification, findings, ok: !hasErrors(findings) };
  } finally {
    await source.close();
  }
}

/** Verifies a log wherever its bytes are. */
export async function verifySource(
  source: LogSource,
  options: VerifyOptions,
  listener: Pick<ScanListener, "onRecord"> = {},
): Promise<AuditVerification> {
  const verifier = await loadVerifier(source, options);
  if ("findings" in verifier) {
    return outcome(verifier.findings, { size: 0, tops: [] }, 0);
  }
  const { checkpoint, witness } = options;
  const watches = [
    // Alone, it says that nothing was compared.
    ...(checkpoint !== undefined || witness === undefined
      ? [new CheckpointWatch(checkpoint, verifier)]
      : []),
    ...(witness === undefined ? [] : [new WitnessWatch(witness, verifier)]),
  ];
  const scan = await scanLog(source, verifier, {
    ...listener,
    sizes: new Set(watches.flatMap((watch) => watch.sizes)),
    onTree: (tree) => {
      for (const watch of watches) watch.onTree(tree);
    },
  });
  const findings = [
    ...scan.findings,
    ...watches.flatMap((watch) => watch.findings(scan.tree.size, scan.first)),
  ];
  const before = scan.keys.earlier?.map(({ verifier: { keyId } }) => keyId) ?? [];
  const earlier = before.length === 0 ? {} : { earlierKeys: before };
  const head = scan.head === undefined ? {} : { checkpoint: scan.head.checkpoint };
  return {
    ...outcome(findings, scan.tree, scan.first),
    identity: identityOf(scan.keys),
    ...earlier,
    ...head,
  };
}

async function loadVerifier(
  source: LogSource,
  options: VerifyOptions,
): Promise<LogKeys | { readonly findings: readonly Finding[] }> {
  const bytes = await source.readVerifier();
  if (bytes === undefined) {
    if ((await source.readHeads()).length === 0) {
      return { findings: [error("AUDIT_LOG_MISSING", "expected an audit log, got none")] };
    }
    return {
      findings: [
        error("AUDIT_VERIFIER_MALFORMED", "verifier: expected the public key, got no such file"),
      ],
    };
  }
  try {
    const verifier = parseVerifierFile(bytes);
    identityOf(verifier);
    if (options.verifierKey !== undefined && !continues(verifier, options.verifierKey)) {
      const message = "verifier: expected the public key that was given, got another one";
      return { findings: [error("AUDIT_VERIFIER_OTHER", message)] };
    }
    return verifier;
  } catch (cause) {
    if (isCodedError(cause) && cause.code === "AUDIT_KEY_TRANSITION") {
      return { findings: [error(cause.code, `verifier: ${cause.message}`)] };
    }
    return { findings: [error("AUDIT_VERIFIER_MALFORMED", reason(cause))] };
  }
}

/** True when the last key that is known from elsewhere is one of the log's. */
function continues(keys: LogKeys, known: string): boolean {
  try {
    const expected = formatVerifierKey(parseVerifierFile(Buffer.from(`${known.trim()}\n`)));
    return allKeys(keys).some((key) => formatVerifierKey(key) === expected);
  } catch {
    return false;
  }
}

async function checkModes(folder: string): Promise<readonly Finding[]> {
  const stats = await stat(folder).catch(() => undefined);
  if (stats === undefined || (stats.mode & 0o077) === 0) {
    return [];
  }
  const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
  const message = `expected the log's folder to have mode 0700, got ${mode}`;
  return [{ code: "AUDIT_FOLDER_OPEN", severity: "warning", message }];
}

/** A copy of a log needs no private key; one that is there must be the right one, and private. */
async function checkKey(
  paths: LogPaths,
  { identity, earlierKeys }: Pick<AuditVerification, "identity" | "earlierKeys">,
): Promise<readonly Finding[]> {
  try {
    const signer = verifierOf(await readSigner(paths.key));
    const own = identityOf(signer);
    if (own.key === earlierKeys?.at(-1)) {
      const message =
        "key: the private side of the key before: a writer was stopped while it changed keys, or is doing so now; the next one completes it";
      return [{ code: "AUDIT_KEY_UNFINISHED", severity: "warning", message }];
    }
    return identity === undefined || (own.log === identity.log && own.key === identity.key)
      ? []
      : [error("AUDIT_KEY_MISMATCH", "key: expected the private side of the public key")];
  } catch (cause) {
    if (!isCodedError(cause)) {
      const { code } = cause as NodeJS.ErrnoException;
      // Not there, or not for the eyes of who verifies: both are as they should be.
      return code === "ENOENT" || code === "EACCES"
        ? []
        : [error("AUDIT_KEY_MISMATCH", reason(cause))];
    }
    if (cause.code === "FILE_FOREIGN") {
      return [];
    }
    const exposed = cause.code === "FILE_NOT_PRIVATE" || cause.code === "FILE_NOT_REGULAR";
    return [error(exposed ? "AUDIT_KEY_EXPOSED" : "AUDIT_KEY_MISMATCH", cause.message)];
  }
}

function outcome(
  findings: readonly Finding[],
  tree: CompactTree,
  removed: number,
): AuditVerification {
  const root: Digest = `sha256:${Buffer.from(compactRoot(tree)).toString("hex")}`;
  return { ok: !hasErrors(findings), findings, size: tree.size, removed, root };
}

function error(code: string, message: string): Finding {
  return { code, severity: "error", message };
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
