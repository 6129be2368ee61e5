import { createHash } from "node:crypto";

import { stateHome } from "@clawkeep/durable-files";
import type { SocketPlace } from "@clawkeep/service";
import { socketPlace } from "@clawkeep/service";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf } from "../arguments/parse-flags.ts";
import { indexPlace, registryPlace } from "./index-place.ts";

/** What decides which index is served, and why it is trusted: all of it is fixed when a service starts. */
export interface ServedIndex {
  readonly folder: string;
  /** The same as flags, for a service and its worker. */
  readonly flags: readonly string[];
  readonly place: SocketPlace;
}

/**
 * The index that options name, and the place of its service. Another index, registry, trusted root or
 * model has another place: a service never answers for something else than it was started for.
 */
export function servedIndex(options: RawOptions, cwd: string): ServedIndex {
  const folder = indexPlace(options, cwd);
  const flags = ["--index", folder, "--registry", registryPlace(options)];
  for (const name of ["trust-index", "model"]) {
    const value = textOf(options, name);
    if (value !== undefined) flags.push(`--${name}`, value);
  }
  const digest = createHash("sha256").update(JSON.stringify(flags)).digest("hex");
  const place = socketPlace(stateHome(process.env), `rag-${digest.slice(0, 24)}`);
  return { folder, flags, place };
}
