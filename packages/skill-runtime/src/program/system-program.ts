import { CodedError } from "@clawkeep/diagnostics";
import { lstatSync, realpathSync, statSync } from "node:fs";
import path from "node:path";

/** Where programs of the operating system lie, and who alone may change them. */
export interface SystemPlaces {
  /** Absolute folders, in order. */
  readonly folders: readonly string[];
  /** The uid that owns them and everything above them, beside root itself. */
  readonly owner: number;
}

/** Folders of the system, never PATH: the first that has the program decides. */
export const systemPlaces: SystemPlaces = {
  folders: ["/usr/bin", "/bin", "/usr/local/bin"],
  owner: 0,
};

/** A program of the system. */
export interface FoundSystemProgram {
  /** Where it was looked for and found; may be a link. */
  readonly link: string;
  /** Absolute, without links. */
  readonly path: string;
}

/**
 * Finds a program of the system by its name. What somebody else than root can change is refused and
 * not passed over, for it would otherwise decide what runs by being removed.
 * @throws CodedError PROGRAM_MISSING, PROGRAM_UNTRUSTED
 */
export function findSystemProgram(
  name: string,
  places: SystemPlaces = systemPlaces,
): FoundSystemProgram {
  for (const folder of places.folders) {
    const link = path.join(folder, name);
    const real = realFile(link);
    if (real === undefined) {
      continue;
    }
    const fault =
      fileFault(real) ?? ownershipFault(folder, places.owner) ?? ownershipFault(real, places.owner);
    if (fault !== undefined) {
      throw new CodedError({
        code: "PROGRAM_UNTRUSTED",
        message: `the program ${name} at ${link} could have been put there by somebody else than root: ${fault}`,
        hint: "install it from the system's packages, or have root own it and its folders alone",
      });
    }
    return { link, path: real };
  }
  throw new CodedError({
    code: "PROGRAM_MISSING",
    message: `the system has no program ${name} (looked in ${places.folders.join(", ")}; PATH plays no part)`,
    hint: `install ${name} from the system's packages`,
  });
}

function realFile(link: string): string | undefined {
  try {
    return realpathSync(link);
  } catch {
    return undefined;
  }
}

function fileFault(file: string): string | undefined {
  const status = statSync(file);
  if (!status.isFile()) {
    return `${file} is not a file`;
  }
  if ((status.mode & 0o6000) !== 0) {
    return `${file} runs with the rights of another user (set-uid or set-gid)`;
  }
  return (status.mode & 0o111) === 0 ? `${file} is not executable` : undefined;
}

/** The file or folder and everything above it, with its links, must be root's and writable by it alone. */
function ownershipFault(place: string, owner: number): string | undefined {
  for (let at = realpathSync(place); ; at = path.dirname(at)) {
    const { uid, mode } = lstatSync(at);
    if (uid !== 0 && uid !== owner) {
      return `${at} belongs to uid ${uid}`;
    }
    // In a sticky folder nobody can replace what belongs to others.
    const sticky = (mode & 0o1000) !== 0 && at !== realpathSync(place);
    if ((mode & 0o022) !== 0 && !sticky) {
      return `${at} can be written by others`;
    }
    if (at === path.dirname(at)) {
      return undefined;
    }
  }
}
