import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

/** Packages that are programs for skills, looked for beside this one. */
const knownPrograms: readonly string[] = ["@clawkeep/claw", "@clawkeep/local-rag"];

/** This package's own folder, from its bundle and from its sources: it is the program `clawkeep-table`. */
const ownFolders: readonly string[] = ["..", "../.."].map((up) => resolve(import.meta.dirname, up));

/**
 * Where installed programs are: folders that the command line names, then this one and programs
 * installed beside it, then `apps/*` of the workspace that are programs. What may run is for `skills.lock`.
 */
export function programFolders(workspace: string, named: readonly string[]): readonly string[] {
  const require = createRequire(import.meta.url);
  const installed = knownPrograms.flatMap((name) => {
    try {
      return [dirname(require.resolve(`${name}/package.json`))];
    } catch {
      return [];
    }
  });
  const apps = join(workspace, "apps");
  const own = existsSync(apps)
    ? readdirSync(apps, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(apps, entry.name))
        .toSorted()
    : [];
  const isProgram = (folder: string): boolean => existsSync(join(folder, "clawkeep.program.json"));
  return [
    ...new Set([
      ...named.map((folder) => resolve(folder)),
      ...[...ownFolders, ...installed, ...own].filter(isProgram),
    ]),
  ];
}
