import type { Finding } from "@clawkeep/diagnostics";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { isUserUnit } from "../systemd/unit-copy.ts";
import { line, missing } from "./control.ts";
import type { LineControl } from "./control.ts";

/** Limits, restarts, and the kernel out of reach: what the manager of a system and that of a user both can do. */
const always: readonly LineControl[] = [
  line("Type=exec"),
  line("Restart=on-failure"),
  line(/^StartLimitIntervalSec=[1-9]/),
  line(/^StartLimitBurst=[1-5]$/),
  line(/^RestartSec=[1-9]/),
  line(/^TimeoutStartSec=[1-9]/),
  line(/^MemoryMax=[1-9][0-9]*M$/),
  line(/^MemorySwapMax=(?:0|[1-9][0-9]*[MG])$/),
  line(/^TasksMax=[1-9][0-9]*$/),
  line(/^CPUQuota=[1-9][0-9]*%$/),
  line("UMask=0077"),
  line("NoNewPrivileges=yes"),
  line("LockPersonality=yes"),
  line("RestrictRealtime=yes"),
  line("RestrictSUIDSGID=yes"),
  line("PrivateIPC=yes"),
  line("ProtectClock=yes"),
  line("ProtectControlGroups=yes"),
  line("ProtectHostname=yes"),
  line("ProtectKernelLogs=yes"),
  line("ProtectKernelModules=yes"),
  line("ProtectKernelTunables=yes"),
  line("SystemCallArchitectures=native"),
  line(/^SystemCallFilter=@system-service/),
  line(/^SystemCallFilter=~.*@resources @obsolete$/),
  line(/^RestrictAddressFamilies=AF_UNIX(?: AF_INET AF_INET6)?(?: AF_NETLINK)?$/),
];

const system: readonly LineControl[] = [
  line(/^User=[1-9][0-9]*$/),
  line(/^Group=[1-9][0-9]*$/),
  line(/^StateDirectory=claw-/),
  line("StateDirectoryMode=0700"),
  line(/^WorkingDirectory=\/var\/lib\/claw-/),
  line("CapabilityBoundingSet="),
  line("AmbientCapabilities="),
  line("ProtectSystem=strict"),
  line("ProtectHome=yes"),
  line("PrivateTmp=yes"),
  line("DevicePolicy=closed"),
  line("ProtectProc=invisible"),
  line("ProcSubset=pid"),
  line("RemoveIPC=yes"),
  line("KeyringMode=private"),
  line("SystemCallErrorNumber=EPERM"),
  line(/^IPAddressDeny=(?:any|link-local multicast)$/),
  {
    expected: "IPAddressAllow=localhost beside IPAddressDeny=any",
    holds: (lines) =>
      !lines.includes("IPAddressDeny=any") || lines.includes("IPAddressAllow=localhost"),
  },
];

/** Without the rights to reach what is outside, or the one that meets it by its own rules. */
const outward: ReadonlySet<string> = new Set(["egress", "ollama-gate", "ollama", "gateway"]);

function ofRole(role: string): readonly LineControl[] {
  const isSkills = role === "skills";
  return [
    isSkills ? line("RestrictNamespaces=user mnt pid net ipc uts") : line("RestrictNamespaces=yes"),
    ...(isSkills
      ? [
          line("PrivateNetwork=yes"),
          line("RestrictAddressFamilies=AF_UNIX AF_NETLINK"),
          line(/^RuntimeDirectory=claw-/),
          line("RuntimeDirectoryMode=0750"),
          line("RuntimeDirectoryPreserve=yes"),
        ]
      : [line(/^SystemCallFilter=~@privileged /)]),
    // The gateway looks at who owns the socket of the skills service, which a user namespace would hide.
    ...(isSkills || role === "gateway" ? [] : [line("PrivateUsers=yes")]),
    ...(outward.has(role) ? [] : [line("IPAddressDeny=any")]),
    line(role === "ollama" ? /^PrivateDevices=(?:yes|no)$/ : "PrivateDevices=yes"),
    ...(role === "gateway"
      ? [line(/^ReadOnlyPaths=\//)]
      : [line(/^InaccessiblePaths=-\/\S+\/secrets$/)]),
    ...(role === "ollama"
      ? [
          line("DeviceAllow=char-nvidia rw"),
          line("DeviceAllow=char-drm rw"),
          line(/^EnvironmentFile=\//),
        ]
      : []),
  ];
}

const gateway: readonly LineControl[] = [
  line(/^TimeoutStopSec=(?:3[3-9][0-9]|[4-9][0-9]{2}|[0-9]{4,})$/),
  line(/^MemoryMax=(?:1[1-9][0-9]{2}|10[2-9][0-9]|[2-9][0-9]{3}|[0-9]{5,})M$/),
  line("Environment=OPENCLAW_CONFIG_READONLY=1"),
  line(/^Environment=OPENCLAW_CONFIG_PATH=\//),
  line(/^Environment=OPENCLAW_STATE_DIR=\//),
  line(/^Environment=NODE_OPTIONS=--max-old-space-size=[1-9][0-9]*$/),
  line("Environment=NO_COLOR=1"),
];

/** What each unit of a deployment must have, by the part that its name says it runs. */
export function unitFindings(file: JudgedFile): readonly Finding[] {
  const role = /-(gateway|skills|ollama-gate|ollama|egress)\.service$/u.exec(file.path)?.[1] ?? "";
  const isUser = isUserUnit(file.text);
  return missing("HARDENING_UNIT", file, [
    ...always,
    ...(isUser ? user : [...system, ...ofRole(role)]),
    ...(role === "gateway" ? gateway : [line(/^TimeoutStopSec=[1-9]/)]),
    line(/^ExecStart=\/\S+/),
    line(/^Environment=HOME=\//),
    line(/^WantedBy=(?:multi-user|default)\.target$/),
    line(/^After=network\.target/),
  ]);
}

/** What the manager of a user can do: namespaces of the user's own, instead of rights that it has not. */
const user: readonly LineControl[] = [
  line("CapabilityBoundingSet="),
  line("AmbientCapabilities="),
  line("PrivateUsers=yes"),
  line("ProtectSystem=strict"),
  line("ProtectHome=read-only"),
  line(/^ReadWritePaths=\//),
  line("PrivateTmp=yes"),
  line("PrivateDevices=yes"),
  line("RestrictNamespaces=yes"),
  line("KeyringMode=private"),
  line(/^SystemCallFilter=~@privileged /),
];
