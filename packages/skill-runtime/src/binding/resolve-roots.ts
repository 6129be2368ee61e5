import { publicLogFiles } from "@clawkeep/audit-log";
import type { Finding } from "@clawkeep/diagnostics";
import type { Action, RootSpec } from "@clawkeep/skill-format";
import { realpathSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";

/** A root of an action on this machine. */
export interface ResolvedRoot {
  readonly name: string;
  readonly access: "read" | "write";
  /** Absolute, without links. */
  readonly source: string;
  /** Names of the only files of the folder that are shown. Absent: all of it. */
  readonly files?: readonly string[];
}

/** The roots, or everything that is wrong with them. */
export interface RootResolution {
  readonly roots: readonly ResolvedRoot[];
  readonly findings: readonly Finding[];
}

/** Where roots are looked for. */
export interface RootSurroundings {
  /** Folder below which defaults lie. */
  readonly workspace: string;
  /** State folder, below which provided roots lie. */
  readonly home: string;
}

/** Folders of the state folder that a contract may ask for by name; nothing else of it is ever shown. */
const providedFolders: Readonly<Record<NonNullable<RootSpec["provided"]>, string>> = {
  "index-registry": "indexes",
  "audit-log": "audit",
};

/**
 * Finds the folder of each root: the one that the request names, else the contract's default below
 * the workspace, else what the runtime provides. A default may not lead out of the workspace, whatever
 * links lie in it.
 */
export async function resolveRoots(
  action: Action,
  { workspace, home: stateFolder }: RootSurroundings,
  named: Readonly<Record<string, string>> = {},
): Promise<RootResolution> {
  const roots: ResolvedRoot[] = [];
  const findings: Finding[] = [];
  for (const name of Object.keys(named)) {
    if (!Object.hasOwn(action.roots, name)) {
      findings.push(finding("ROOT_UNKNOWN", `the contract has no root ${JSON.stringify(name)}`));
    }
  }
  const home = realpathSync.native(workspace);
  for (const [name, spec] of Object.entries(action.roots).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const given = Object.hasOwn(named, name) ? named[name] : undefined;
    const wanted = given ?? spec.default;
    if (wanted === undefined && spec.provided !== undefined) {
      const folder = path.join(stateFolder, providedFolders[spec.provided]);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      roots.push(await shown({ name, access: "read", source: realpathSync.native(folder) }, spec));
      continue;
    }
    if (wanted === undefined) {
      findings.push(
        finding("ROOT_MISSING", `the root ${name} has no default`, `name a folder for ${name}`),
      );
      continue;
    }
    const at = path.resolve(home, wanted);
    const source = realFolder(at);
    if (source === undefined) {
      findings.push(finding("ROOT_MISSING", `the root ${name} should be a folder: ${at}`));
    } else if (given === undefined && source !== home && !source.startsWith(`${home}/`)) {
      findings.push(
        finding(
          "ROOT_OUTSIDE",
          `the default of the root ${name} leads out of the workspace, to ${source}`,
          "if that is meant, name the folder in the request",
        ),
      );
    } else {
      roots.push(await shown({ name, access: spec.access, source }, spec));
    }
  }
  return { roots, findings };
}

/** Beside the records of a log lies the key that signs them: it is shown to nobody, whoever named it. */
async function shown(root: ResolvedRoot, { provided }: RootSpec): Promise<ResolvedRoot> {
  return provided === "audit-log" ? { ...root, files: await publicLogFiles(root.source) } : root;
}

function realFolder(at: string): string | undefined {
  try {
    const real = realpathSync.native(at);
    return statSync(real).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}

function finding(code: string, message: string, hint?: string): Finding {
  return { code, severity: "error", message, ...(hint === undefined ? {} : { hint }) };
}
