import type { Artifact } from "../artifacts/artifact.ts";
import { unitText } from "../formats/unit-file.ts";
import type { UnitLine } from "../formats/unit-file.ts";
import { hostNetwork } from "../layout/names.ts";
import { configFolder, servicesOf, socketFolder } from "../layout/services.ts";
import type { Service } from "../layout/services.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import { usedSecrets } from "../openclaw/render-secrets.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** A unit for each process of a host; with `manager: user` the gateway's is one of that user. */
export function renderUnits(spec: DeploymentSpec, place: RenderPlace): readonly Artifact[] {
  const { gateway, ollama } = spec.profile;
  const onHost = gateway === "system-unit" || gateway === "user-unit";
  return servicesOf(spec, place)
    .filter(({ role }) => (onHost ? true : role === "ollama" && ollama === "host"))
    .map((one) => {
      const isUser = one.role === "gateway" && gateway === "user-unit";
      const name = `claw-${spec.name}-${one.role}.service`;
      return {
        path: `units/${name}`,
        kind: "systemd-unit",
        mode: 0o644,
        text: unitText([
          { name: "Unit", lines: unitLines(one, spec, isUser) },
          { name: "Service", lines: serviceLines(one, spec, place, isUser) },
          {
            name: "Install",
            lines: [["WantedBy", isUser ? "default.target" : "multi-user.target"]],
          },
        ]),
        install: isUser
          ? `${place.home}/.config/systemd/user/${name}`
          : `/etc/systemd/system/${name}`,
      };
    });
}

function unitLines(
  { role, about }: Service,
  spec: DeploymentSpec,
  isUser: boolean,
): readonly UnitLine[] {
  const before = ["skills", "ollama-gate", "egress"].map(
    (one) => `claw-${spec.name}-${one}.service`,
  );
  return [
    ["Description", `${about} of ${spec.name}`],
    ["After", ["network.target", ...(role === "gateway" && !isUser ? before : [])].join(" ")],
    ["StartLimitIntervalSec", "300"],
    ["StartLimitBurst", "5"],
  ];
}

function serviceLines(
  one: Service,
  spec: DeploymentSpec,
  place: RenderPlace,
  isUser: boolean,
): readonly UnitLine[] {
  const { role, uid, gid } = one;
  const files = usedSecrets(spec).flatMap((secret) =>
    secret.source === "file" ? [secret.name] : [],
  );
  return [
    ["Type", "exec"],
    { key: "ExecStart", command: one.command },
    ...Object.entries(one.environment).map(([name, value]): UnitLine => ({
      key: "Environment",
      name,
      value,
    })),
    ["Restart", "on-failure"],
    ["RestartSec", "5"],
    ["TimeoutStartSec", "180"],
    // The gateway finishes its turns for up to 315 s; 90 s would cut them off.
    ["TimeoutStopSec", String(one.stopSeconds)],
    ["MemoryMax", `${one.memoryMb}M`],
    ["MemorySwapMax", spec.profile.name === "vps" ? "2G" : "0"],
    ["TasksMax", String(one.processes)],
    { key: "CPUQuota", percent: one.cpus * 100 },
    ["UMask", "0077"],
    ...(isUser ? [] : account(one, spec, uid, gid)),
    ...(role === "gateway" && !isUser
      ? files.map((name): UnitLine => [
          "LoadCredential",
          `${name}:/etc/claw-${spec.name}/secrets/${name}`,
        ])
      : []),
    ...(isUser ? userHardening(one) : systemHardening(one, spec, place)),
  ];
}

function account(
  one: Service,
  spec: DeploymentSpec,
  uid: number,
  gid: number,
): readonly UnitLine[] {
  return [
    ["User", String(uid)],
    ["Group", String(gid)],
    ["StateDirectory", one.state.replace("/var/lib/", "")],
    ["StateDirectoryMode", "0700"],
    ["WorkingDirectory", one.state],
    ...(one.role === "ollama"
      ? ([["EnvironmentFile", `/etc/claw-${spec.name}/ollama.env`]] as const)
      : []),
  ];
}

/** What neither kind of manager lets a unit touch. */
const kernelOutOfReach: readonly UnitLine[] = [
  ["PrivateIPC", "yes"],
  ["ProtectClock", "yes"],
  ["ProtectControlGroups", "yes"],
  ["ProtectHostname", "yes"],
  ["ProtectKernelLogs", "yes"],
  ["ProtectKernelModules", "yes"],
  ["ProtectKernelTunables", "yes"],
];

/**
 * What a user's own manager can do without privileges: it makes namespaces only in a user namespace of the unit's own,
 * in which every other uid of the machine is shown as `overflowUid`.
 */
const userHardening = ({ state }: Service): readonly UnitLine[] => [
  ["NoNewPrivileges", "yes"],
  ["CapabilityBoundingSet", ""],
  ["AmbientCapabilities", ""],
  ["PrivateUsers", "yes"],
  ["ProtectSystem", "strict"],
  ["ProtectHome", "read-only"],
  ["ReadWritePaths", state],
  ["PrivateTmp", "yes"],
  ["PrivateDevices", "yes"],
  ...kernelOutOfReach,
  ["KeyringMode", "private"],
  ["RestrictNamespaces", "yes"],
  ["LockPersonality", "yes"],
  ["RestrictRealtime", "yes"],
  ["RestrictSUIDSGID", "yes"],
  ["SystemCallArchitectures", "native"],
  ["SystemCallFilter", "@system-service"],
  ["SystemCallFilter", "~@privileged @resources @obsolete"],
  ["RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"],
];

/**
 * `MemoryDenyWriteExecute` is not here: V8 writes the code that it runs. The skills service makes its own sandboxes
 * and therefore keeps namespaces; it has no network instead.
 */
function systemHardening(
  { role }: Service,
  spec: DeploymentSpec,
  place: RenderPlace,
): readonly UnitLine[] {
  const isSkills = role === "skills";
  const isLocal =
    role !== "egress" && !(role === "ollama-gate" && spec.models.endpoint !== undefined);
  const isOpen = role === "gateway" && spec.egress.mode === "open";
  const isOllama = role === "ollama";
  const cloudy = isOllama && !hasNoCloud(spec);
  return [
    ["NoNewPrivileges", "yes"],
    ["CapabilityBoundingSet", ""],
    ["AmbientCapabilities", ""],
    ["ProtectSystem", "strict"],
    ["ProtectHome", "yes"],
    ["PrivateTmp", "yes"],
    ["PrivateDevices", isOllama ? "no" : "yes"],
    ...(isOllama
      ? ([
          ["DevicePolicy", "closed"],
          ["DeviceAllow", "char-nvidia rw"],
          ["DeviceAllow", "char-drm rw"],
        ] as const)
      : ([["DevicePolicy", "closed"]] as const)),
    // The gateway must see who owns the socket of the skills service: in a user namespace that is nobody.
    ...(isSkills || role === "gateway" ? [] : ([["PrivateUsers", "yes"]] as const)),
    ...kernelOutOfReach,
    ["ProtectProc", "invisible"],
    ["ProcSubset", "pid"],
    ["RemoveIPC", "yes"],
    ["KeyringMode", "private"],
    ["LockPersonality", "yes"],
    ["RestrictRealtime", "yes"],
    ["RestrictSUIDSGID", "yes"],
    ["RestrictNamespaces", isSkills ? "user mnt pid net ipc uts" : "yes"],
    [
      "RestrictAddressFamilies",
      isSkills ? "AF_UNIX AF_NETLINK" : "AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    ],
    ["SystemCallArchitectures", "native"],
    [
      "SystemCallFilter",
      isSkills
        ? "@system-service @mount landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp"
        : "@system-service",
    ],
    ["SystemCallFilter", isSkills ? "~@resources @obsolete" : "~@privileged @resources @obsolete"],
    ["SystemCallErrorNumber", "EPERM"],
    ...(isSkills ? ([["PrivateNetwork", "yes"]] as const) : []),
    ...(isLocal && !isOpen && !cloudy
      ? ([
          ["IPAddressDeny", "any"],
          ["IPAddressAllow", "localhost"],
          ...(isOllama && spec.profile.gateway === "container"
            ? [["IPAddressAllow", hostNetwork(spec).subnet] as const]
            : []),
        ] as const)
      : ([["IPAddressDeny", "link-local multicast"]] as const)),
    ...(role === "gateway"
      ? ([["ReadOnlyPaths", configFolder(spec, place)]] as const)
      : ([["InaccessiblePaths", `-${configFolder(spec, place)}/secrets`]] as const)),
    ...(isSkills
      ? ([
          ["RuntimeDirectory", socketFolder(spec).replace("/run/", "")],
          ["RuntimeDirectoryMode", "0750"],
          ["RuntimeDirectoryPreserve", "yes"],
        ] as const)
      : []),
  ];
}

function hasNoCloud(spec: DeploymentSpec): boolean {
  return ![
    spec.models.primary,
    ...spec.models.fallbacks,
    ...Object.values(spec.agents).map(({ model }) => model),
  ].some((ref) => /(?::|-)cloud$/u.test(ref));
}
