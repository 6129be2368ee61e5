import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import path from "node:path";

/** Where the observer is, or why there is none. */
export type FoundObserver = { readonly path: string } | { readonly why: string };

/**
 * The observer that was built with this package: `native/linux-ARCH/clawkeep-observer`. It is looked for
 * nowhere else: who could name another would decide what is reported.
 */
export function findObserver(folder: string = packageFolder()): FoundObserver {
  const built = path.join(folder, "native", `linux-${process.arch}`, "clawkeep-observer");
  try {
    accessSync(built, constants.X_OK);
    return { path: realpathSync(built) };
  } catch {
    return { why: "the observer was not built (it needs cargo and Linux)" };
  }
}

/** The folder of this package, from its sources as from its bundle. */
function packageFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, "package.json")) && folder !== path.dirname(folder)) {
    folder = path.dirname(folder);
  }
  return folder;
}
