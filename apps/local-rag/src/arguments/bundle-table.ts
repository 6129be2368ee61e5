import type { CommandSpec, Flag } from "./command-table.ts";

const registry: Flag = {
  name: "registry",
  value: "DIR",
  about: "registry of indexes made here (default: indexes below the state folder)",
};
const json: Flag = { name: "json", about: "print JSON, version 1" };

/** The commands below `local-rag bundle`. */
export const bundleCommands: {
  readonly export: CommandSpec;
  readonly import: CommandSpec;
  readonly key: CommandSpec;
} = {
  export: {
    name: "export",
    about: "write an index, the name of its model and perhaps a skill as one file",
    argument: "FILE",
    argumentAbout: "file to write",
    flags: [
      {
        name: "index",
        value: "PATH",
        about: "index folder (default: .clawkeep/index of the working folder)",
      },
      { name: "skill", value: "DIR", about: "folder of a skill to take along" },
      { name: "sign", value: "KEY", about: "file with a key of local-rag bundle key" },
      registry,
      {
        name: "trust-index",
        value: "ROOT",
        about: "trust an index that was not made here, if it has exactly this snapshot root",
      },
      json,
    ],
    examples: ["local-rag bundle export notes.bundle --index ~/notes/.clawkeep/index"],
  },
  import: {
    name: "import",
    about: "check a bundle and unpack it into a new folder; needs no network",
    argument: "FILE",
    argumentAbout: "bundle to read",
    flags: [
      { name: "to", value: "DIR", about: "folder to make" },
      { name: "digest", value: "DIGEST", about: "what export printed: sha256: and 64 digits" },
      { name: "key", value: "KEY", about: "public key that must have signed it" },
      registry,
      json,
    ],
    examples: ["local-rag bundle import notes.bundle --to ~/notes-here --digest sha256:…"],
  },
  key: {
    name: "key",
    about: "make a key to sign bundles with, and print its public side",
    argument: "FILE",
    argumentAbout: "file to write; nobody else may read it",
    flags: [{ name: "name", value: "NAME", about: "who signs (default: local-rag)" }],
    examples: ["local-rag bundle key ~/.config/bundle.key --name example.org"],
  },
};
