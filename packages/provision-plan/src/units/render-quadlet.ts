import type { Artifact } from "../artifacts/artifact.ts";
import { imageOf } from "../containers/images.ts";
import { networksOf, partsOf } from "../containers/render-compose.ts";
import { unitText } from "../formats/unit-file.ts";
import type { UnitLine } from "../formats/unit-file.ts";
import { socketFolder } from "../layout/services.ts";
import type { Service } from "../layout/services.ts";
import { gateName } from "../openclaw/ollama-address.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import { usedSecrets } from "../openclaw/render-secrets.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** Quadlet: one `.container` for each part, one `.network` for each network, for rootless Podman. */
export function renderQuadlet(spec: DeploymentSpec, place: RenderPlace): readonly Artifact[] {
  const parts = partsOf(spec, place);
  const networks = [...new Set(parts.flatMap(({ role }) => networksOf(role, spec)))];
  return [
    ...parts.map((one) =>
      artifact(`claw-${spec.name}-${one.role}.container`, place, [
        {
          name: "Unit",
          lines: [
            ["Description", `${one.about} of ${spec.name}`],
            ...(one.role === "gateway"
              ? parts
                  .filter(({ role }) => role !== "gateway")
                  .map(({ role }): UnitLine => ["Wants", `claw-${spec.name}-${role}.service`])
              : []),
          ],
        },
        { name: "Container", lines: containerLines(one, spec, place) },
        {
          name: "Service",
          lines: [
            ["Restart", "on-failure"],
            ["TimeoutStartSec", "300"],
            ["TimeoutStopSec", String(one.stopSeconds)],
            ["MemoryMax", `${one.memoryMb}M`],
            { key: "CPUQuota", percent: one.cpus * 100 },
          ],
        },
        { name: "Install", lines: [["WantedBy", "default.target"]] },
      ]),
    ),
    ...networks.map((name) =>
      artifact(`claw-${spec.name}-${name}.network`, place, [
        {
          name: "Network",
          lines: [
            ["NetworkName", `claw-${spec.name}-${name}`],
            // Podman publishes ports of an internal network on loopback too.
            ["Internal", name === "outside" ? "false" : "true"],
            ...(name === "inside" || name === "models" ? [] : ([["DisableDNS", "true"]] as const)),
          ],
        },
      ]),
    ),
  ];
}

function artifact(
  name: string,
  place: RenderPlace,
  sections: Parameters<typeof unitText>[0],
): Artifact {
  return {
    path: `quadlet/${name}`,
    kind: "quadlet",
    mode: 0o644,
    text: unitText(sections),
    install: `${place.home}/.config/containers/systemd/${name}`,
  };
}

function containerLines(
  one: Service,
  spec: DeploymentSpec,
  place: RenderPlace,
): readonly UnitLine[] {
  const { role } = one;
  const isGateway = role === "gateway";
  const wanted = networksOf(role, spec);
  const meets = role === "skills" || (isGateway && spec.skills.length > 0);
  const secrets = isGateway
    ? usedSecrets(spec).flatMap((secret) => (secret.source === "file" ? [secret.name] : []))
    : [];
  return [
    ["Image", role === "egress" ? imageOf(role, spec) : `localhost/${imageOf(role, spec)}`],
    ["ContainerName", `claw-${spec.name}-${role}`],
    ["HostName", role],
    { key: "Exec", command: one.command.slice(1) },
    { key: "PodmanArgs", command: [`--entrypoint=${one.command[0] ?? ""}`] },
    ["User", String(one.uid)],
    ["Group", String(one.gid)],
    ...Object.entries(one.environment).map(([name, value]): UnitLine => ({
      key: "Environment",
      name,
      value,
    })),
    ["ReadOnly", "true"],
    ["DropCapability", "all"],
    ["NoNewPrivileges", "true"],
    ["RunInit", "true"],
    ["Tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=256m,mode=1777"],
    ["PodmanArgs", `--pids-limit=${one.processes} --memory=${one.memoryMb}m --cpus=${one.cpus}`],
    ...(wanted.length === 0
      ? ([["Network", "none"]] as const)
      : wanted.map((name): UnitLine => ["Network", `claw-${spec.name}-${name}.network`])),
    ...(wanted.length === 0
      ? []
      : ([["PodmanArgs", `--network-alias=${role === "ollama-gate" ? gateName : role}`]] as const)),
    ...(isGateway
      ? ([["PublishPort", `127.0.0.1:${spec.gateway.port}:${spec.gateway.port}`]] as const)
      : []),
    ...(isGateway || role === "egress"
      ? ([["Volume", `${place.home}/.config/claw-${spec.name}:/etc/claw:ro,Z`]] as const)
      : []),
    ["Volume", `claw-${spec.name}-${role}:${one.state}:U`],
    ...(meets
      ? ([
          ["Volume", `claw-${spec.name}-sockets:${socketFolder(spec)}${isGateway ? ":ro" : ""}`],
        ] as const)
      : []),
    ...secrets.map((name): UnitLine => [
      "Secret",
      `claw-${spec.name}-${name},type=mount,target=/run/secrets/${name},mode=0400,uid=1000`,
    ]),
  ];
}
