import path from "node:path";

import { renderDeployment } from "@clawkeep/provision-plan";
import type { DeploymentSpec } from "@clawkeep/provision-plan";

import { secretsOf } from "./deployment.ts";
import { thisPlace } from "./render-place.ts";

/**
 * What a person types to start Quadlets, in order: images, secrets, files where Podman's generator looks, then the units
 * that it makes of them. Each is a line for a shell.
 *
 * @param folder Where the deployment's files lie, as it was written.
 */
export function quadletCommands(spec: DeploymentSpec, folder: string): readonly string[] {
  const artifacts = renderDeployment(spec, thisPlace());
  const containers = artifacts.filter(({ path: name }) => name.endsWith(".container"));
  const images = new Set(
    containers.flatMap(({ text }) => /^Image=(localhost\/.+)$/mu.exec(text)?.[1] ?? []),
  );
  const installed = artifacts.flatMap(({ path: name, kind, install }) =>
    install === undefined || (kind !== "quadlet" && kind !== "openclaw-config")
      ? []
      : [{ name, install }],
  );
  const here = quoted(folder);
  return [
    ...[...images].map((image) => {
      const target = /\/([a-z-]+):[^/]*$/u.exec(image)?.[1] ?? "";
      return `podman build --tag ${image} --target ${target} ${here}`;
    }),
    ...secretsOf(spec, folder).map(
      ({ name, path: file }) =>
        `podman secret create --replace claw-${spec.name}-${name} ${quoted(file)}`,
    ),
    ...installed.map(
      ({ name, install }) =>
        `install -D -m ${name.startsWith("quadlet/") ? "0644" : "0600"} ${quoted(path.join(folder, name))} ${quoted(install)}`,
    ),
    // Mode 0600 and of the container's user, as whom OpenClaw reads it.
    ...installed
      .filter(({ name }) => !name.startsWith("quadlet/"))
      .map(({ install }) => `podman unshare chown 1000:1000 ${quoted(install)}`),
    "systemctl --user daemon-reload",
    `systemctl --user start claw-${spec.name}-gateway.service`,
  ];
}

function quoted(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,~-]+$/u.test(text)
    ? text
    : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
