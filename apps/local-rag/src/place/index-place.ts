import path from "node:path";
import { fileURLToPath } from "node:url";

import { CodedError } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import type { IndexPlace, IndexTrust } from "@clawkeep/retrieval";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf, textsOf } from "../arguments/parse-flags.ts";

/** The index folder that the options name, or the default below `base`. */
export function indexPlace(options: RawOptions, base: string): string {
  return path.resolve(textOf(options, "index") ?? path.join(base, ".clawkeep", "index"));
}

/**
 * The one index that options name, as a list; undefined when they name several, or collections.
 *
 * @throws CodedError of {@link trustOf}
 */
export function onePlace(options: RawOptions, base: string): readonly IndexPlace[] | undefined {
  return textsOf(options, "collection").length > 0 || textsOf(options, "index").length > 1
    ? undefined
    : [{ folder: indexPlace(options, base), trust: trustOf(options) }];
}

/** The registry folder: the flag, or below the state folder. The environment counts only without it. */
export function registryPlace(options: RawOptions): string {
  return path.resolve(textOf(options, "registry") ?? path.join(stateHome(process.env), "indexes"));
}

/**
 * Why the index may be answered from.
 *
 * @throws CodedError `USAGE` when `--trust-index` is no root.
 */
export function trustOf(options: RawOptions): IndexTrust {
  const root = textOf(options, "trust-index");
  if (root === undefined) {
    return { registry: registryPlace(options) };
  }
  const registry = textOf(options, "registry");
  return { snapshotRoot: rootOf(root), ...(registry === undefined ? {} : { registry }) };
}

/** @throws CodedError `USAGE` when the text is no snapshot root. */
export function rootOf(root: string): `sha256:${string}` {
  if (!isRoot(root)) {
    throw new CodedError({
      code: "USAGE",
      message: "expected --trust-index sha256: and 64 hexadecimal digits",
      hint: "local-rag status prints the snapshot root of an index",
    });
  }
  return root;
}

/**
 * Folder of the model's files: `--model`, or the installed package, found from this program and never
 * from the working folder.
 */
export function modelPlace(options: RawOptions): string {
  const chosen = textOf(options, "model");
  return chosen === undefined
    ? path.join(
        path.dirname(fileURLToPath(import.meta.resolve("@clawkeep/model-minilm/package.json"))),
        "files",
      )
    : path.resolve(chosen);
}

function isRoot(text: string): text is `sha256:${string}` {
  return /^sha256:[0-9a-f]{64}$/u.test(text);
}
