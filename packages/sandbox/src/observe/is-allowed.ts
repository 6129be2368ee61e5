import { isSystemPath } from "../bubblewrap/system-folders.ts";
import type { SandboxLevel } from "../level.ts";
import type { ExecutionPolicy } from "../policy.ts";
import type { AttemptKind } from "./attempt.ts";

/** Devices that keep nothing. */
const sinks: readonly string[] = ["/dev/null", "/dev/zero", "/dev/full"];

/**
 * Whether the policy permits what was tried. Paths are as the program sees them; one that could not
 * be read is not allowed, since nobody can say where it leads.
 */
export function isAllowed(
  tried: { readonly kind?: AttemptKind; readonly path?: string },
  policy: ExecutionPolicy,
  level: SandboxLevel,
  privateFolders: readonly string[],
): boolean {
  const { kind, path } = tried;
  if (path === undefined || kind === "network" || kind === "left-behind") {
    return false;
  }
  const inside = (folders: readonly string[]): boolean =>
    folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
  const writable = policy.writeRoots.map(({ target }) => target);
  if (kind === "process") {
    const readable = policy.readRoots.map(({ target }) => target);
    return (
      isSystemPath(path) ||
      inside([...readable, ...writable]) ||
      (level === "none" ? path === policy.executable.path : inside(["/program"]))
    );
  }
  return sinks.includes(path) || inside([...writable, ...privateFolders]);
}
