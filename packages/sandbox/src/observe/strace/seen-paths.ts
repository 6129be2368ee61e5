import path from "node:path";

/** Where a link leads; `undefined` when there is none at that path, as seen inside. */
export type ReadLink = (path: string) => string | undefined;

/** As the kernel has it: `MAXSYMLINKS`. */
const MOST_LINKS = 40;

/** An absolute path with its links followed, the last one only if asked, and what is absent left as it is. */
export function resolveSeen(file: string, follow: boolean, readLink: ReadLink): string {
  let links = 0;
  let done = "/";
  const parts = file.split("/").reverse();
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (part === "" || part === ".") {
      continue;
    }
    if (part === "..") {
      done = path.posix.dirname(done);
      continue;
    }
    const next = path.posix.join(done, part);
    const isLast = parts.every((rest) => rest === "" || rest === ".");
    const target = isLast && !follow ? undefined : readLink(next);
    if (target === undefined || links === MOST_LINKS) {
      done = next;
      continue;
    }
    links += 1;
    if (target.startsWith("/")) {
      done = "/";
    }
    parts.push(...target.split("/").reverse());
  }
  return done;
}
