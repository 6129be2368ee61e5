import type { Artifact } from "../artifacts/artifact.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** For `ssh -F`: the tunnel to a gateway that only listens on loopback (T12). The host is named on the command line. */
export function renderSshTunnel(spec: DeploymentSpec): Artifact {
  const { port } = spec.gateway;
  return {
    path: "ssh_config",
    kind: "ssh-config",
    mode: 0o644,
    text: [
      "Host *",
      `  LocalForward 127.0.0.1:${port} 127.0.0.1:${port}`,
      "  ExitOnForwardFailure yes",
      "  RequestTTY no",
      "  SessionType none",
      "",
    ].join("\n"),
  };
}
