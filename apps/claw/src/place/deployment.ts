import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { stateHome } from "@clawkeep/durable-files";
import { hasSecret } from "@clawkeep/provision";
import type { DeploymentCard, DesiredFile } from "@clawkeep/provision";
import { folderOf, renderDeployment, renderOpenClawConfig } from "@clawkeep/provision-plan";
import type { ArtifactKind, DeploymentSpec } from "@clawkeep/provision-plan";

import { thisPlace } from "./render-place.ts";

/** A secret of a deployment: a file of its own, in no generation. */
export interface SecretFile {
  readonly name: string;
  readonly path: string;
  /** Made here when it is not there; the others are somebody else's to bring. */
  readonly isToken: boolean;
}

/** Where history and kept files of a deployment are: for this uid only. */
export function storeOf(name: string): string {
  return path.join(stateHome(process.env), "deployments", name);
}

/**
 * The same of a deployment that was applied before.
 *
 * @throws CodedError `DEPLOYMENT_UNKNOWN`
 */
export function knownStoreOf(name: string): string {
  const store = storeOf(name);
  if (/^[a-z0-9][a-z0-9-]*$/u.test(name) && existsSync(path.join(store, "history"))) return store;
  throw new CodedError({
    code: "DEPLOYMENT_UNKNOWN",
    message: `expected the name of a deployment that was applied here, got ${name}`,
    hint: "It is `name` of its spec. What was applied with another CLAWKEEP_HOME is not known here.",
  });
}

/** What the commands that operate a deployment have to know of it. */
export function cardOf(
  spec: DeploymentSpec,
  file: string,
  { folder, isStarted }: { readonly folder: string; readonly isStarted: boolean },
): DeploymentCard {
  const isRead = spec.profile.gateway === "process" || isStarted;
  const config = renderDeployment(spec, thisPlace()).find(
    ({ path: name }) => name === "config/openclaw.json",
  );
  return {
    version: 1,
    name: spec.name,
    profile: spec.profile.name,
    manager: spec.profile.gateway,
    spec: path.resolve(file),
    folder: path.resolve(folder),
    config:
      // What its reader reads: where nothing was started, that is only what was written.
      isRead && config?.install !== undefined
        ? config.install
        : path.resolve(folder, "config", "openclaw.json"),
    state: folderOf(spec.profile.state, spec, thisPlace()),
    openclaw: spec.openclawVersion,
  };
}

/** Every file that apply writes: in the deployment's folder, and where its reader looks when it is started by us. */
export function filesOf(
  spec: DeploymentSpec,
  folder: string,
  { isStarted = false, installs = [], containerIds = 0 }: FileOptions = {},
): readonly DesiredFile[] {
  const isNotebook = spec.profile.gateway === "process";
  const isCaged = spec.profile.gateway === "container";
  return renderDeployment(spec, thisPlace()).flatMap((artifact): readonly DesiredFile[] => {
    const { path: name, mode, text, install, kind, owner } = artifact;
    const file = { mode, bytes: Buffer.from(text) };
    const here = {
      ...file,
      path: path.resolve(folder, name),
      // A container's user passes through it to what is mounted, whoever starts the container, and when.
      ...(isCaged ? { folderMode: 0o711 } : {}),
    };
    const isRead =
      isNotebook || installs.includes(kind) || (isStarted && readByProcesses.includes(kind));
    if (!isRead) return [here];
    // Its reader is another user, who passes through the folder and lists nothing.
    const read = isNotebook
      ? file
      : { ...file, folderMode: 0o711, ...(owner === undefined ? {} : { owner }) };
    // An agent and a firewall are the host's, whatever runs behind them.
    if (isCaged && kind !== "launchd-plist" && kind !== "nftables") {
      const { uid, gid } = owner ?? { uid: 0, gid: 0 };
      const inside =
        owner === undefined ? {} : { owner: { uid: uid + containerIds, gid: gid + containerIds } };
      return [{ ...here, ...read, ...inside }];
    }
    return install === undefined ? [here] : [here, { ...read, path: install }];
  });
}

/** Options of {@link filesOf}. */
export interface FileOptions {
  /** Processes of this host read what they are made of. */
  readonly isStarted?: boolean;
  /** Kinds that a program of this host reads where they are installed. */
  readonly installs?: readonly ArtifactKind[];
  /** The id of this host that containers count as 0. Default 0. */
  readonly containerIds?: number;
}

/** What the processes of a deployment read themselves; the other files are for programs that manage them. */
const readByProcesses: readonly string[] = ["openclaw-config", "squid", "environment"];

/** The secrets that `openclaw.json` refers to as files, where this host has them. */
export function secretsOf(spec: DeploymentSpec, folder: string): readonly SecretFile[] {
  const { secrets, gateway } = renderOpenClawConfig(spec, thisPlace());
  const isHere = spec.profile.gateway === "process" || spec.profile.gateway === "user-unit";
  const token = spec.secrets.gatewayToken;
  return Object.entries(secrets.providers).flatMap(([name, provider]) =>
    provider.source === "file"
      ? [
          {
            name,
            path: isHere ? provider.path : path.resolve(folder, "secrets", name),
            isToken:
              gateway.auth.mode === "token" && token.source === "file" && token.name === name,
          },
        ]
      : [],
  );
}

/**
 * Checks that every secret is there, but the token, which is made; their values, so that no file can hold one.
 *
 * @throws CodedError `SECRET_MISSING` naming all; of `hasSecret`
 */
export async function secretValues(secrets: readonly SecretFile[]): Promise<readonly string[]> {
  const missing: SecretFile[] = [];
  const values: string[] = [];
  for (const secret of secrets) {
    if (await hasSecret(secret.path)) values.push(readFileSync(secret.path, "utf8").trim());
    else if (!secret.isToken) missing.push(secret);
  }
  if (missing.length === 0) return values;
  throw new CodedError({
    code: "SECRET_MISSING",
    message: `expected a file of mode 0600 for each secret, got none at ${missing.map((one) => one.path).join(", ")}`,
    hint: "Write the key alone into it: (umask 077; cat > FILE), then Ctrl-D. Nothing of it is printed or kept elsewhere.",
  });
}
