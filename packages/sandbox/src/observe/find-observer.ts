import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import path from "node:path";

/** Where the observer is, or why there is none. */
export type FoundObserver = { readonly path: string } | { readonly why: string };

/**
 * The observer that was built with this package: `native/linux-ARCH/clawkeep-observer`. It is looked for
 * nowhere but beside this code: who could name another would decide what is reported.
 */
export function findObserver(folders: readonly string[] = besideThisCode()): FoundObserver {
  const name = path.join(`linux-${process.arch}`, "clawkeep-observer");
  const built = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
  if (built === undefined) {
    return { why: "the observer was not built (it needs cargo and Linux)" };
  }
  try {
    accessSync(built, constants.X_OK);
    return { path: realpathSync(built) };
  } catch {
    return { why: `the observer ${built} has no right to be executed` };
  }
}

/** `native` of the package: from its sources, from its bundle, and from an app's bundle. */
function besideThisCode(): readonly string[] {
  return ["../../native", "../native", "native"].map((relative) =>
    path.join(import.meta.dirname, relative),
  );
}
