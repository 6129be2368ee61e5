import type { CommandSpec } from "./command-table.ts";
import { commands } from "./command-table.ts";

/** Those of `index` that mean the same elsewhere. */
function flagsOfIndex(...names: readonly string[]): CommandSpec["flags"] {
  return commands.index.flags.filter(({ name }) => names.includes(name));
}

/** The commands that keep an index fresh, and take things out of it. */
export const upkeepCommands: {
  readonly watch: CommandSpec;
  readonly forget: CommandSpec;
} = {
  watch: {
    name: "watch",
    about: "index a folder, and again whenever something in it changes, until stopped",
    argument: "DIR",
    argumentAbout: "folder to index",
    flags: [
      {
        name: "poll",
        value: "SECONDS",
        about:
          "look at every file so often as well: for network folders, whose changes are not told",
      },
      {
        name: "json",
        about: "print an event a line as JSON: watching, indexed, failed, stopped …",
      },
      ...flagsOfIndex(
        "index",
        "progress",
        "share",
        "cpu",
        "memory",
        "workers",
        "registry",
        "model",
      ),
    ],
    examples: ["local-rag watch ~/notes", "local-rag watch . --json --progress ndjson"],
  },
  forget: {
    name: "forget",
    about: "take files out of an index so that no byte of their text stays, and keep them out",
    argument: "[PATH...]",
    argumentAbout:
      "files, folders or globs, as citations name them; without any, the list of what is forgotten",
    flags: [
      { name: "undo", about: "take them off the list: the next run of index reads them again" },
      {
        name: "index",
        value: "PATH",
        about: "index folder (default: .clawkeep/index of the working folder)",
      },
      ...flagsOfIndex("registry", "model", "json"),
    ],
    examples: [
      "local-rag forget private/ 'drafts/**/*.md'",
      "local-rag forget --undo private/",
      "local-rag forget",
    ],
  },
};
