import { lstatSync } from "node:fs";

/**
 * What the file system says of a file without its bytes: it changes when the file is written,
 * replaced, or has its mode changed, because nobody can set the change time. `undefined` when absent.
 */
export function fileIdentity(file: string): string | undefined {
  const status = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  if (status === undefined) {
    return undefined;
  }
  const { dev, ino, mode, size, mtimeNs, ctimeNs } = status;
  return [dev, ino, mode, size, mtimeNs, ctimeNs].join(":");
}

/** True when every file has the identity that was written down. */
export function identitiesHold(identities: Readonly<Record<string, string>>): boolean {
  return Object.entries(identities).every(([file, identity]) => fileIdentity(file) === identity);
}
