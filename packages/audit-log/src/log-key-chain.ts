import { CodedError } from "@clawkeep/diagnostics";
import {
  cosignNote,
  decodeBase64,
  encodeBase64,
  formatVerifierKey,
  parseVerifierKey,
  signNote,
  verifierOf,
  verifyNote,
} from "@clawkeep/integrity";
import type { NoteSigner, NoteVerifier } from "@clawkeep/integrity";

/** A key that was replaced by another one. */
export interface EarlierKey {
  readonly verifier: NoteVerifier;
  /**
   * The sequence of the record that replaced it: the key is that of records up to this one and of
   * checkpoints of as many records.
   */
  readonly until: number;
  /** The root over the records before that one. */
  readonly root: Uint8Array;
  /** The note, signed by it and by the next key. */
  readonly transition: string;
}

/** The public keys of a log: the one that signs now, and those before it, oldest first. */
export interface LogKeys extends NoteVerifier {
  readonly earlier?: readonly EarlierKey[];
}

/** The key of the record of that sequence, and of checkpoints of so many records. */
export function keyAt(keys: LogKeys, sequence: number): NoteVerifier {
  return keys.earlier?.find(({ until }) => sequence <= until)?.verifier ?? keys;
}

/** All keys of a log, the one that signs now last. */
export function allKeys(keys: LogKeys): readonly NoteVerifier[] {
  return [...(keys.earlier ?? []).map(({ verifier }) => verifier), keys];
}

/** What is handed over with a key: how many records there are, and the root over them. */
export interface HandOver {
  readonly size: number;
  readonly root: Uint8Array;
}

/** The note by which a key hands a log over to the next, signed by both. */
export function signTransition(at: HandOver, signer: NoteSigner, next: NoteSigner): string {
  const key = formatVerifierKey(verifierOf(next));
  const text = `${transitionName(signer)}\n${at.size}\n${encodeBase64(at.root)}\n${key}\n`;
  return cosignNote(signNote(text, signer), next);
}

/**
 * The keys of a log after a transition.
 *
 * @throws CodedError `AUDIT_KEY_TRANSITION` when the key that signs now and the next one did not both
 *   sign it, or it is not in its form
 */
export function withTransition(keys: LogKeys, transition: string): LogKeys {
  try {
    const { text, signatures } = verifyNote(transition, keys);
    const [name, digits = "", root = "", key = "", ...rest] = text.split("\n");
    const next = parseVerifierKey(key);
    verifyNote(transition, next);
    const size = Number(digits);
    const bytes = decodeBase64(root);
    const last = keys.earlier?.at(-1)?.until ?? -1;
    if (
      name !== transitionName(keys) ||
      next.name !== keys.name ||
      allKeys(keys).some(({ keyId }) => keyId === next.keyId) ||
      !/^(?:0|[1-9][0-9]{0,15})$/u.test(digits) ||
      !Number.isSafeInteger(size) ||
      size <= last ||
      bytes?.length !== 32 ||
      rest.join() !== "" ||
      signatures.length !== 2
    ) {
      throw new Error("expected the log's name, a size, a root and a new key of the same name");
    }
    const { name: own, keyId, publicKey } = keys;
    const verifier = { name: own, keyId, publicKey };
    const earlier = [...(keys.earlier ?? []), { verifier, until: size, root: bytes, transition }];
    return { ...next, earlier };
  } catch (cause) {
    throw new CodedError({
      code: "AUDIT_KEY_TRANSITION",
      message: `expected a new key that the key before and itself have signed: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    });
  }
}

/** The text of a `verifier` file: the log's first key, and every transition. */
export function formatVerifierFile(keys: LogKeys): string {
  const [first = keys] = allKeys(keys);
  const notes = (keys.earlier ?? []).map(({ transition }) => transition);
  return `${formatVerifierKey(first)}\n${notes.join("")}`;
}

/**
 * Reads the text of a `verifier` file.
 *
 * @throws CodedError `AUDIT_VERIFIER_MALFORMED`, `AUDIT_KEY_TRANSITION`
 */
export function parseVerifierFile(bytes: Uint8Array): LogKeys {
  const text = Buffer.from(bytes).toString("utf8");
  const lineEnd = text.indexOf("\n");
  let first: LogKeys;
  try {
    // A text without its newline is made to fail: it is not what was written.
    first = parseVerifierKey(lineEnd < 0 ? `${text} ` : text.slice(0, lineEnd));
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const begin = `${transitionName(first)}\n`;
  const notes = text.slice(lineEnd + 1);
  const keys = notes
    .split(begin)
    .slice(1)
    .reduce((grown: LogKeys, note) => withTransition(grown, begin + note), first);
  if (formatVerifierFile(keys) !== text) {
    throw malformed("expected a key and the transitions to those after it, got more");
  }
  return keys;
}

function transitionName({ name }: Pick<NoteVerifier, "name">): string {
  return `${name}/key`;
}

function malformed(message: string, cause?: unknown): CodedError {
  const because = cause === undefined ? {} : { cause };
  return new CodedError({
    code: "AUDIT_VERIFIER_MALFORMED",
    message: `verifier: ${message}`,
    ...because,
  });
}
