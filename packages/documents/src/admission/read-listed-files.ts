import { closeSync } from "node:fs";

import { admissionFinding } from "./admission-findings.ts";
import type { Admission, AdmissionFinding, AdmissionOptions } from "./admitted-file.ts";
import { openChildFolder, openRoot } from "./open-folder.ts";
import type { OpenFolder, RootFolder } from "./open-folder.ts";
import { openFailure, readRegularFile } from "./read-regular-file.ts";
import { secretFile, secretFolder } from "./secret-names.ts";
import { linkFinding } from "./symbolic-link.ts";
import { defaultMaxFileBytes } from "./walk-folder.ts";

/**
 * Reads the listed files of a root, in the order given. A listed file may be ignored by git, hidden,
 * generated, or inside `node_modules`: naming it says that it is wanted. All other admission is that of
 * `walkFolder`: secrets, links in any part of the path, and what is not text stay out, each with a
 * finding. A path listed twice is read once.
 *
 * @throws CodedError DOCUMENT_ROOT when the root cannot be read; the reason of `signal` when aborted.
 */
export async function* readListedFiles(
  root: string,
  paths: readonly string[],
  options: AdmissionOptions = {},
): AsyncGenerator<Admission, void, undefined> {
  const folder = openRoot(root);
  try {
    for (const path of new Set(paths)) {
      options.signal?.throwIfAborted();
      const refusal = refuseListedPath(path);
      if (refusal !== undefined) {
        yield refusal;
      } else if (options.accept === undefined || options.accept(path)) {
        yield* readListed(folder, path, options.maxFileBytes ?? defaultMaxFileBytes);
      }
    }
  } finally {
    closeSync(folder.fd);
  }
}

function refuseListedPath(path: string): AdmissionFinding | undefined {
  const names = path.split("/");
  if (path.includes("\0") || names.some((name) => name === "" || name === "." || name === "..")) {
    return admissionFinding(
      "DOCUMENT_PATH_REFUSED",
      path,
      "expected a path below the folder, such as docs/guide.md",
    );
  }
  const secret = secretFile(path) ?? names.slice(0, -1).map(secretFolder).find(Boolean);
  return secret === undefined
    ? undefined
    : admissionFinding("DOCUMENT_SECRET_NAME", path, `not read: ${secret.reason}`);
}

function* readListed(
  root: RootFolder,
  path: string,
  maxBytes: number,
): Generator<Admission, void, undefined> {
  const names = path.split("/");
  const name = names.pop() ?? "";
  const opened: OpenFolder[] = [];
  let folder: OpenFolder = root;
  try {
    for (const part of names) {
      const next = openPart(root, folder, part, path);
      if ("kind" in next) {
        yield next;
        return;
      }
      opened.push(next);
      folder = next;
    }
    yield* readRegularFile({ root, folder, name, path, maxBytes });
  } finally {
    for (const { fd } of opened) {
      closeSync(fd);
    }
  }
}

function openPart(
  root: RootFolder,
  folder: OpenFolder,
  name: string,
  path: string,
): OpenFolder | AdmissionFinding {
  try {
    return openChildFolder(folder, name);
  } catch (error) {
    return linkFinding(root, folder, name, path) ?? openFailure(path, error);
  }
}
