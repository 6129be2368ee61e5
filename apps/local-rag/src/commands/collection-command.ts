import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import {
  addCollection,
  indexStatus,
  jsonForModel,
  readCollections,
  removeCollection,
} from "@clawkeep/retrieval";

import { collectionCommands } from "../arguments/collection-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf, usage } from "../arguments/parse-flags.ts";
import { indexPlace, registryPlace } from "../place/index-place.ts";

/** `local-rag collection add`. */
export async function runAdd(options: RawOptions): Promise<number> {
  const [name = ""] = options.positional;
  const index = indexPlace(options, process.cwd());
  const registry = registryPlace(options);
  if (indexStatus(index, { registry }).snapshot === undefined) {
    throw new CodedError({
      code: "INDEX_MISSING",
      message: `expected a published index in ${index}, got none`,
      hint: "make one with: local-rag index DIR",
    });
  }
  const scopes = (textOf(options, "scope") ?? "").split(",").filter((scope) => scope !== "");
  await addCollection(registry, name, { index, scopes });
  process.stdout.write(
    options.flags.has("json")
      ? `${jsonForModel({ version: 1, name, index, scopes })}\n`
      : `${name}: ${escapeForTerminal(index)}${scopes.length === 0 ? "" : `, only ${escapeForTerminal(scopes.join(", "))}`}\n`,
  );
  return 0;
}

/** `local-rag collection list`. */
export function runList(options: RawOptions): Promise<number> {
  if (options.positional.length > 0) {
    throw usage(collectionCommands.list, "it takes no arguments, only flags");
  }
  const registry = registryPlace(options);
  const collections = [...readCollections(registry)].map(([name, { index, scopes }]) => {
    const { snapshot, trusted } = indexStatus(index, { registry });
    return {
      ...{ name, index, scopes, trusted, published: snapshot !== undefined },
      ...(snapshot === undefined ? {} : { snapshotRoot: snapshot.snapshotRoot }),
    };
  });
  process.stdout.write(
    options.flags.has("json")
      ? `${jsonForModel({ version: 1, collections })}\n`
      : collections
          .map(({ name, index, scopes, trusted, published }) =>
            [
              `${name}: ${escapeForTerminal(index)}`,
              ...(scopes.length === 0 ? [] : [`only ${escapeForTerminal(scopes.join(", "))}`]),
              ...(published ? (trusted ? [] : ["not made here"]) : ["no index there"]),
            ].join(", "),
          )
          .map((line) => `${line}\n`)
          .join(""),
  );
  return Promise.resolve(0);
}

/** `local-rag collection remove`. */
export async function runRemove(options: RawOptions): Promise<number> {
  const [name = ""] = options.positional;
  if (!(await removeCollection(registryPlace(options), name))) {
    throw new CodedError({
      code: "COLLECTION_UNKNOWN",
      message: `expected the name of a collection, got ${escapeForTerminal(name.slice(0, 80))}`,
      hint: "local-rag collection list shows them",
    });
  }
  process.stdout.write(
    options.flags.has("json")
      ? `${jsonForModel({ version: 1, removed: name })}\n`
      : `${name} removed\n`,
  );
  return 0;
}
