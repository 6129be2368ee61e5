/**
 * A real indexing process that kills itself with SIGKILL before its n-th step that changes the disk:
 * `crash-child.cases.ts WORKSPACE FOLDER REGISTRY STEP [KEYWORDS_FIRST [LAYOUT]]`. Steps are the named ones of `faults` and
 * each call of Node's file functions. With step 0 it runs to its end and prints the steps.
 */
import { constants } from "node:fs";
import fileSystem, { open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

import { indexFolder } from "./index-folder.ts";
import type { SegmentLayout } from "./plan-segments.ts";
import { standInModel } from "./stand-in-model.cases.ts";

const [workspace = "", folder = "", registry = "", step = "0", keywordsFirst, layout] =
  process.argv.slice(2);
const steps: string[] = [];

function reach(name: string): void {
  steps.push(name);
  if (steps.length === Number(step)) {
    process.kill(process.pid, "SIGKILL");
  }
}

type Callable = (this: unknown, ...args: unknown[]) => unknown;

function watch(target: object, names: readonly string[]): void {
  for (const name of names) {
    const original = Reflect.get(target, name) as Callable;
    const watched: Callable = function (...args) {
      reach(name);
      return original.apply(this, args);
    };
    Reflect.set(target, name, watched);
  }
}

const handle = await open(import.meta.filename, constants.O_RDONLY);
watch(Object.getPrototypeOf(handle) as object, ["write", "writev", "writeFile", "sync", "chmod"]);
await handle.close();
watch(fileSystem, ["rename", "rm", "mkdir", "chmod", "writeFile"]);
syncBuiltinESMExports();

await indexFolder(workspace, folder, registry, standInModel(), {
  ...(keywordsFirst === undefined ? {} : { keywordsFirst: Number(keywordsFirst) }),
  ...(layout === undefined ? {} : { layout: JSON.parse(layout) as SegmentLayout }),
  // Those of replaceFile are the calls that are watched anyway.
  faults: (name) => (name.startsWith("replace:") ? undefined : reach(name)),
});
process.stdout.write(JSON.stringify(steps));
