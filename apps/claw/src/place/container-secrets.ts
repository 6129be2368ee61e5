import { lstatSync } from "node:fs";
import path from "node:path";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { giveToContainer } from "@clawkeep/provision";
import { containerSecrets, servicesOf } from "@clawkeep/provision-plan";
import type { DeploymentSpec } from "@clawkeep/provision-plan";

import { printNote } from "../output/print.ts";
import { secretsOf } from "./deployment.ts";
import { thisPlace } from "./render-place.ts";

/** What {@link giveSecrets} is told. */
export interface GiveOptions {
  /** Folder of the deployment. */
  readonly folder: string;
  /** The id of this host that containers count as 0, as it was written. Default: as it was before, else 0. */
  readonly containerIds?: string;
  /** Containers start now: what they cannot read is an error, and otherwise a note. */
  readonly isNeeded: boolean;
}

/**
 * Gives the gateway's container its secrets, where compose mounts them from.
 *
 * @throws CodedError `CONTAINER_IDS`; of `giveToContainer` where the containers start now
 */
export async function giveSecrets(spec: DeploymentSpec, options: GiveOptions): Promise<void> {
  if (!isComposed(spec)) return;
  const uid = containerIdsOf(spec, options) + insideOf(spec);
  try {
    for (const secret of secretsOf(spec, options.folder)) {
      const target = copyOf(options.folder, secret.name);
      await giveToContainer({ source: secret.path, target, uid });
    }
  } catch (error) {
    const isOwner = error instanceof CodedError && error.code === "CONTAINER_SECRET_OWNER";
    if (!isOwner || options.isNeeded) throw error;
    printNote(escapeForTerminal(`${error.message}. ${error.hint}`));
  }
}

/**
 * The id of this host that containers of compose count as 0: what was said, or what the copies of secrets show that was
 * said before.
 *
 * @throws CodedError `CONTAINER_IDS`
 */
export function containerIdsOf(
  spec: DeploymentSpec,
  { folder, containerIds }: Pick<GiveOptions, "folder" | "containerIds">,
): number {
  if (!isComposed(spec)) return 0;
  if (containerIds !== undefined && !/^[0-9]{1,10}$/u.test(containerIds)) {
    throw new CodedError({
      code: "CONTAINER_IDS",
      message: `expected a number of this host for --container-ids, got ${containerIds}`,
      hint: "Rootless Docker: the first number of your line in /etc/subuid, less 1. userns-remap: that of dockremap.",
    });
  }
  if (containerIds !== undefined) return Number(containerIds);
  const owners = secretsOf(spec, folder).map(({ name }) => ownerOf(copyOf(folder, name)));
  const owner = owners.find((one) => one !== undefined);
  return owner === undefined ? 0 : Math.max(0, owner - insideOf(spec));
}

function isComposed({ profile }: DeploymentSpec): boolean {
  return profile.gateway === "container" && profile.name !== "podman";
}

function insideOf(spec: DeploymentSpec): number {
  return servicesOf(spec, thisPlace()).find(({ role }) => role === "gateway")?.uid ?? 1000;
}

/** Gives it a token that was changed, as whoever it belonged to before. */
export async function giveAnew(folder: string, token: string): Promise<void> {
  const target = copyOf(folder, path.basename(token));
  const uid = ownerOf(target);
  if (uid !== undefined) await giveToContainer({ source: token, target, uid });
}

const copyOf = (folder: string, name: string): string =>
  path.resolve(folder, containerSecrets, name);

/** Whose a copy is; undefined without one, or with one that is not yet the container's. */
function ownerOf(target: string): number | undefined {
  const about = lstatSync(target, { throwIfNoEntry: false });
  return about === undefined || !about.isFile() || about.uid === 0 ? undefined : about.uid;
}
