import { existsSync } from "node:fs";
import path from "node:path";

import { addonRevision } from "./addon.ts";
import type { Addon } from "./addon.ts";

/** The addon, or why there is none. */
export type FoundAddon = { readonly addon: Addon } | { readonly why: string };

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
  return { why: `the engine was not built for ${machine}: that needs cargo` };
}

function load(file: string): FoundAddon {
  const module: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(module, file);
  } catch (error) {
    return { why: `the engine ${file} cannot be loaded: ${(error as Error).message}` };
  }
  const addon = module.exports as Addon;
  const revision = typeof addon.revision === "function" ? addon.revision() : undefined;
  return revision === addonRevision
    ? { addon }
    : { why: `the engine ${file} belongs to another version; build it again` };
}

/** `native` of the package: from its sources, from its bundle, and from an app's bundle. */
function besideThisCode(): readonly string[] {
  return ["../../native", "../native", "native"].map((relative) =>
    path.join(import.meta.dirname, relative),
  );
}
