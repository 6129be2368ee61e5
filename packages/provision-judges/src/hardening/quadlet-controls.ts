import type { Finding } from "@clawkeep/diagnostics";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { line, missing } from "./control.ts";
import type { LineControl } from "./control.ts";

const container: readonly LineControl[] = [
  line(/^Image=\S+(?:@sha256:[0-9a-f]{64}|:[^:/\s]*[0-9][^:/\s]*)$/),
  line(/^ContainerName=claw-/),
  line(/^HostName=[a-z-]+$/),
  line(/^PodmanArgs=--entrypoint=\//),
  line(/^User=[1-9][0-9]*$/),
  line(/^Group=[1-9][0-9]*$/),
  line("ReadOnly=true"),
  line("DropCapability=all"),
  line("NoNewPrivileges=true"),
  line("RunInit=true"),
  line(/^Tmpfs=\/tmp:rw,noexec,nosuid,nodev,size=[1-9]/),
  line(/^PodmanArgs=--pids-limit=[1-9][0-9]* --memory=[1-9][0-9]*m --cpus=[1-9]/),
  line(/^Environment=HOME=\//),
  line("Restart=on-failure"),
  line(/^TimeoutStartSec=[1-9]/),
  line(/^TimeoutStopSec=[1-9]/),
  line(/^MemoryMax=[1-9][0-9]*M$/),
  line(/^CPUQuota=[1-9][0-9]*%$/),
  line(/^WantedBy=default\.target$/),
  line(/^Network=(?:none|\S+\.network)$/),
  line(/^Volume=claw-\S+:\/\S+:U$/),
  {
    expected: "ports on loopback only",
    holds: (lines) =>
      lines.every((one) => !one.startsWith("PublishPort=") || one.includes("=127.0.0.1:")),
  },
  {
    expected: "configuration that is read-only",
    holds: (lines) =>
      lines.every((one) => !/^Volume=\/.*:\/etc\/claw/u.test(one) || one.endsWith(":ro,Z")),
  },
  {
    expected: "secrets that only their user reads",
    holds: (lines) =>
      lines.every(
        (one) => !one.startsWith("Secret=") || /,type=mount,.*,mode=0400,uid=[1-9]/u.test(one),
      ),
  },
  {
    expected: "a name for others beside each network",
    holds: (lines) =>
      lines.includes("Network=none") ||
      lines.some((one) => /^PodmanArgs=--network-alias=[a-z-]+(?:\.local)?$/u.test(one)),
  },
];

const gateway: readonly LineControl[] = [
  line(/^TimeoutStopSec=(?:3[3-9][0-9]|[4-9][0-9]{2}|[0-9]{4,})$/),
  line("Environment=OPENCLAW_CONFIG_READONLY=1"),
  line("Environment=OPENCLAW_CONFIG_PATH=/etc/claw/openclaw.json"),
  line(/^Environment=OPENCLAW_STATE_DIR=\//),
  line(/^Environment=NODE_OPTIONS=--max-old-space-size=[1-9]/),
  line("Environment=NO_COLOR=1"),
  line(/^PublishPort=127\.0\.0\.1:/),
  line(/^Volume=\/\S+:\/etc\/claw:ro,Z$/),
  line(/^Secret=\S+target=\/run\/secrets\/gateway-token,/),
  line(/^Volume=claw-\S+-sockets:\/run\/claw-\S+:ro$/),
  line(/^Exec=gateway run$/),
];

const skills: readonly LineControl[] = [
  line("Network=none"),
  line(/^Volume=claw-\S+-sockets:\/run\/claw-/),
  line(/^Environment=CLAWKEEP_HOME=\//),
  line(/^Exec=serve .*--socket \//),
];

/** What a Quadlet must have: the same as a container of a compose file, in the words of Podman. */
export function quadletFindings(file: JudgedFile, isCloudy: boolean): readonly Finding[] {
  const { path } = file;
  if (path.endsWith(".network")) {
    return missing("HARDENING_QUADLET", file, [
      line(/^NetworkName=claw-/),
      line(path.endsWith("-outside.network") ? "Internal=false" : "Internal=true"),
      ...(/-(?:front|host)\.network$/u.test(path) ? [line("DisableDNS=true")] : []),
    ]);
  }
  if (!path.endsWith(".container")) return [];
  return missing("HARDENING_QUADLET", file, [
    ...container,
    ...(path.endsWith("-gateway.container") ? gateway : []),
    ...(path.endsWith("-skills.container") ? skills : []),
    ...(path.endsWith("-ollama-gate.container") ? [line(/^Exec=ollama-gate .*--model \S+/)] : []),
    ...(path.endsWith("-ollama.container")
      ? [
          line("Exec=serve"),
          line(/^Environment=OLLAMA_MODELS=\//),
          line(/^Environment=OLLAMA_HOST=/),
          line(/^Environment=OLLAMA_CONTEXT_LENGTH=[0-9]{5,}$/),
          ...(isCloudy ? [] : [line("Environment=OLLAMA_NO_CLOUD=1")]),
        ]
      : []),
  ]);
}
