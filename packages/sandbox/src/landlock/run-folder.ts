import { makeOwnedFolder } from "@clawkeep/durable-files";
import { mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** The folder of one run, of which the program sees two parts. */
export interface RunFolder {
  /** Private, empty, writable: it stands for `/tmp`. */
  readonly tmp: string;
  /** Writes the bytes of the program where the program can read and execute them, not change them. */
  addProgram(name: string, bytes: Uint8Array): string;
  remove(): void;
}

/** Makes a folder for one run, for this user alone. */
export function makeRunFolder(): RunFolder {
  const folder = realpathSync(makeOwnedFolder(tmpdir(), "clawkeep_run"));
  const tmp = path.join(folder, "tmp");
  mkdirSync(tmp, { mode: 0o700 });
  return {
    tmp,
    addProgram: (name, bytes) => {
      const at = path.join(folder, "program");
      mkdirSync(at, { mode: 0o700 });
      const file = path.join(at, name);
      writeFileSync(file, bytes, { mode: 0o500, flag: "wx" });
      return file;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
