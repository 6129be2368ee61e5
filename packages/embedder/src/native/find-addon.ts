import { existsSync } from "node:fs";
import path from "node:path";

import { encoderRevision } from "./addon.ts";
import type { EncoderAddon } from "./addon.ts";

/** The addon and its file, or why there is none. */
export type FoundAddon =
  | { readonly addon: EncoderAddon; readonly file: string }
  | { readonly why: string };

/**
 * Loads the addon that was built with this package. It is looked for nowhere but beside this code: who
 * sets a search path would choose what runs in this process.
 */
export function findAddon(folders: readonly string[] = besideThisCode()): FoundAddon {
  const machine = `${process.platform}-${process.arch}`;
  for (const folder of folders) {
    const file = path.join(folder, machine, "clawkeep-engine.node");
    if (existsSync(file)) {
      return load(file);
    }
  }
  return { why: `the encoder was not built for ${machine}: that needs cargo` };
}

/**
 * Loads an addon that `findAddon` has found before, in whatever thread.
 * @throws an ordinary Error when it is not the one that this code calls.
 */
export function loadAddon(file: string): EncoderAddon {
  const found = load(file);
  if ("why" in found) {
    throw new Error(found.why);
  }
  return found.addon;
}

function load(file: string): FoundAddon {
  const module: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(module, file);
  } catch (error) {
    return { why: `the encoder ${file} cannot be loaded: ${(error as Error).message}` };
  }
  const addon = module.exports as EncoderAddon;
  const revision =
    typeof addon.encoderRevision === "function" ? addon.encoderRevision() : undefined;
  return revision === encoderRevision
    ? { addon, file }
    : { why: `the encoder ${file} belongs to another version; build it again` };
}

/** `native` of the package: from its sources, from its bundle, and from an app's bundle. */
function besideThisCode(): readonly string[] {
  return ["../../native", "../native", "native"].map((relative) =>
    path.join(import.meta.dirname, relative),
  );
}
