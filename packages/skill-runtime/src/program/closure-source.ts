import { CodedError } from "@clawkeep/diagnostics";
import type { Skill } from "@clawkeep/skill-format";
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { findPackageJSON } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { findInterpreter } from "./interpreters.ts";
import type { FoundInterpreter, InterpreterPaths } from "./interpreters.ts";
import { findProgram, programManifestName } from "./program-manifest.ts";
import type { InstalledProgram, PackagePart, ProgramManifest } from "./program-manifest.ts";
import { findSystemProgram } from "./system-program.ts";
import type { SystemPlaces } from "./system-program.ts";

/** Everything that a program consists of, where it lies before it is copied. */
export interface ClosureSource {
  readonly kind: "installed" | "system" | "file";
  /** Path in the closure of the file that runs. */
  readonly entry: string;
  readonly interpreter?: FoundInterpreter;
  /** Sorted by path. */
  readonly files: readonly ClosureFile[];
  /** Folders whose listing decided what is in the closure, and links that led to its files. */
  readonly folders: readonly string[];
}

/** One file, by its path in the closure and its real path on the host. */
interface ClosureFile {
  readonly path: string;
  readonly source: string;
}

/** Where programs are looked for. All of it is the application's choice. */
export interface ProgramSurroundings {
  /** Folders that are programs or hold programs under their names. */
  readonly programFolders: readonly string[];
  readonly interpreters?: InterpreterPaths;
  /** Where programs of the operating system lie. Default: folders that only root can change. */
  readonly system?: SystemPlaces;
}

/**
 * Lists the closure of a skill's program. Nothing is hashed yet.
 * @throws CodedError PROGRAM_MISSING, PROGRAM_MANIFEST_INVALID, PROGRAM_INTERPRETER_MISSING,
 * PROGRAM_CLOSURE_INVALID, PROGRAM_UNTRUSTED
 */
export function closureSource(
  skill: Skill,
  { programFolders, interpreters = {}, system }: ProgramSurroundings,
): ClosureSource {
  const { program } = skill.contract;
  if (program.kind === "system") {
    const found = findSystemProgram(program.name, system);
    return {
      kind: "system",
      entry: program.name,
      files: [{ path: program.name, source: found.path }],
      folders: [found.link],
    };
  }
  if (program.kind === "file") {
    return {
      kind: "file",
      entry: program.file,
      ...(program.interpreter === "none"
        ? {}
        : { interpreter: findInterpreter(program.interpreter, interpreters) }),
      files: skill.files.map((file) => ({
        path: file.path,
        source: path.join(skill.folder, file.path),
      })),
      folders: [skill.folder],
    };
  }
  const installed = findProgram(program.name, programFolders);
  const { interpreter, entry } = installed.manifest;
  const listing = listFiles(installed);
  return {
    kind: "installed",
    entry,
    ...(interpreter === "none" ? {} : { interpreter: findInterpreter(interpreter, interpreters) }),
    files: listing.files,
    folders: listing.folders,
  };
}

interface Listing {
  readonly files: readonly ClosureFile[];
  readonly folders: readonly string[];
}

function listFiles({ folder, manifest }: InstalledProgram): Listing {
  const files = new Map<string, string>();
  const folders = new Set<string>();
  const add = (inside: string, at: string): void => {
    const status = statSync(at);
    if (status.isDirectory()) {
      folders.add(realpathSync(at));
      for (const name of readdirSync(at).sort()) {
        add(path.posix.join(inside, name), path.join(at, name));
      }
    } else if (status.isFile()) {
      const source = realpathSync(at);
      if (files.has(inside) && files.get(inside) !== source) {
        throw invalid(manifest, `${inside} is in the closure twice, from two places`);
      }
      files.set(inside, source);
    } else {
      throw invalid(manifest, `${at} is neither a file nor a folder`);
    }
  };
  add(programManifestName, path.join(folder, programManifestName));
  for (const item of [manifest.entry, ...manifest.closure]) {
    try {
      if (typeof item === "string") {
        add(item, path.join(folder, item));
      } else {
        addPackage(item, folder, add);
      }
    } catch (cause) {
      if (cause instanceof CodedError) {
        throw cause;
      }
      const why = cause instanceof Error ? cause.message : String(cause);
      throw invalid(manifest, `${JSON.stringify(item)} cannot be read: ${why}`, cause);
    }
  }
  return {
    files: [...files]
      .map(([inside, source]) => ({ path: inside, source }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    folders: [...folders].sort(),
  };
}

function addPackage(
  item: PackagePart,
  folder: string,
  add: (inside: string, at: string) => void,
): void {
  if (item.platform !== undefined && item.platform !== `${process.platform}-${process.arch}`) {
    return;
  }
  const manifestFile = packageManifest(item.package, folder);
  if (manifestFile === undefined) {
    if (item.optional === true) {
      return;
    }
    throw new Error(`the package ${item.package} is not installed`);
  }
  const at = path.dirname(manifestFile);
  const inside = path.posix.join("node_modules", item.package);
  for (const file of ["package.json", ...item.files]) {
    if (item.optional !== true || existsSync(path.join(at, file))) {
      add(path.posix.join(inside, file), path.join(at, file));
    }
  }
}

/** Resolved from the program's folder as its own imports are; environment and working folder play no part. */
function packageManifest(name: string, folder: string): string | undefined {
  try {
    return findPackageJSON(name, pathToFileURL(`${folder}/`));
  } catch {
    return undefined;
  }
}

function invalid(manifest: ProgramManifest, why: string, cause?: unknown): CodedError {
  return new CodedError({
    code: "PROGRAM_CLOSURE_INVALID",
    message: `the closure of ${manifest.name} is not complete: ${why}`,
    hint: `correct "closure" in ${programManifestName}, or build the program`,
    ...(cause === undefined ? {} : { cause }),
  });
}
