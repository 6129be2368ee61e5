import type { CommandSpec, Flag } from "./command-table.ts";

const registry: Flag = {
  name: "registry",
  value: "DIR",
  about: "registry whose collections are meant (default: indexes below the state folder)",
};
const json: Flag = { name: "json", about: "print JSON, version 1" };

/** The commands below `local-rag collection`. */
export const collectionCommands: {
  readonly add: CommandSpec;
  readonly list: CommandSpec;
  readonly remove: CommandSpec;
} = {
  add: {
    name: "add",
    about: "give an index, or some of its folders, a name for --collection",
    argument: "NAME",
    argumentAbout: "a-z, 0-9, dots and dashes; what has the name already loses it",
    flags: [
      {
        name: "index",
        value: "PATH",
        about: "index folder (default: .clawkeep/index of the working folder)",
      },
      {
        name: "scope",
        value: "PATHS",
        about: "only these folders or files of the workspace, separated by commas",
      },
      registry,
      json,
    ],
    examples: ["local-rag collection add runbooks --index ~/notes/.clawkeep/index --scope ops/"],
  },
  list: {
    name: "list",
    about: "show the names, their indexes, and whether each may be answered from",
    flags: [registry, json],
    examples: ["local-rag collection list"],
  },
  remove: {
    name: "remove",
    about: "take a name away; the index stays",
    argument: "NAME",
    argumentAbout: "name of a collection",
    flags: [registry, json],
    examples: ["local-rag collection remove runbooks"],
  },
};
