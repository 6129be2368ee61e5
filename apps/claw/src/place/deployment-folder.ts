import { lstatSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { artifactKindOf } from "@clawkeep/provision-plan";

/** Larger than anything that is rendered. */
const mostBytes = 1024 * 1024;

/** Folders in which something of ours can lie; `secrets` is none of them, and is not even listed. */
const folders: ReadonlySet<string> = new Set(
  "config units sysusers sysctl quadlet launchd nftables iptables".split(" "),
);

/**
 * The files of a deployment's folder that are ours by their path, text by path; none when there is no folder. Links
 * are not followed, and nothing else is opened: secrets lie there too.
 */
export function deploymentFiles(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of namesIn(folder)) {
    if (artifactKindOf(name) === undefined) continue;
    const file = path.join(folder, name);
    const about = lstatSync(file);
    if (about.isFile() && about.size <= mostBytes) {
      found.set(name, readFileSync(file, "utf8"));
      continue;
    }
    throw new CodedError({
      code: "DEPLOYMENT_NOT_A_FILE",
      message: `expected a file of at most ${mostBytes} bytes at ${file}, got something else`,
      hint: "Look at what it is, and move it away.",
    });
  }
  return found;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() && folders.has(entry.name)
        ? readdirSync(path.join(folder, entry.name)).map((name) => `${entry.name}/${name}`)
        : [entry.name],
    );
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new CodedError({
      code: "DEPLOYMENT_UNREADABLE",
      message: `expected to read the folder ${folder}, could not`,
      hint: "Name a folder that you may read.",
      cause,
    });
  }
}
