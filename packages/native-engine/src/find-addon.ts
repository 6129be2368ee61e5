import { existsSync } from "node:fs";
import path from "node:path";

import type { EncoderAddon } from "./encoder-addon.ts";
import { encoderRevision } from "./encoder-addon.ts";
import type { VectorAddon } from "./vector-addon.ts";
import { vectorRevision } from "./vector-addon.ts";

/** All that the addon exports. */
export type NativeAddon = VectorAddon & EncoderAddon;

/** The addon and its file, or why there is none, for people. */
export type FoundAddon =
  | { readonly addon: NativeAddon; readonly file: string }
  | { readonly why: string };

let own: FoundAddon | undefined;

/** The addon that was built with this package. It is looked for and loaded once, when first asked for. */
export function nativeAddon(): FoundAddon {
  return (own ??= findAddon(besideThisCode()));
}

/**
 * Loads the addon below the first of these folders that has one for this machine. `nativeAddon` looks nowhere but
 * beside this code: who sets a search path would choose what runs in this process.
 */
export function findAddon(folders: readonly string[]): FoundAddon {
  const machine = `${process.platform}-${process.arch}`;
  for (const folder of folders) {
    const file = path.join(folder, machine, "clawkeep-engine.node");
    if (existsSync(file)) {
      return load(file);
    }
  }
  return { why: `the native engine was not built for ${machine}: that needs cargo` };
}

/**
 * Loads an addon that `nativeAddon` has found before, in whatever thread.
 * @throws an ordinary Error when it is not the one that this code calls.
 */
export function loadAddon(file: string): NativeAddon {
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
    return { why: `the native engine ${file} cannot be loaded: ${(error as Error).message}` };
  }
  const addon = module.exports as Partial<NativeAddon>;
  return isRevised(addon)
    ? { addon, file }
    : { why: `the native engine ${file} belongs to another version; build it again` };
}

/** An addon of before or after has other functions, or the same with other arguments. */
function isRevised(addon: Partial<NativeAddon>): addon is NativeAddon {
  const { revision, encoderRevision: ofEncoder } = addon;
  return (
    typeof revision === "function" &&
    revision() === vectorRevision &&
    typeof ofEncoder === "function" &&
    ofEncoder() === encoderRevision
  );
}

/** `native` of the package: from its sources and its bundle, and from an app's bundle. */
function besideThisCode(): readonly string[] {
  return ["../native", "native"].map((relative) => path.join(import.meta.dirname, relative));
}
