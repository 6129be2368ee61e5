import type { Artifact } from "../artifacts/artifact.ts";
import { bridgeName, networkNames } from "../layout/names.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

const inward: Readonly<Record<4 | 6, readonly string[]>> = {
  4: ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"],
  6: ["fc00::/7", "fe80::/10"],
};

/**
 * The chain that Docker asks before its own rules, which UFW is not part of: for `iptables-restore --noflush` and
 * `ip6tables-restore --noflush`.
 */
export function renderDockerUser(spec: DeploymentSpec): readonly Artifact[] {
  const closed = (["front", "host"] as const).map((one) => bridgeName(spec, one));
  const outside = bridgeName(spec, "outside");
  const all = networkNames(spec).map((one) => bridgeName(spec, one));
  return ([4, 6] as const).map((version) => ({
    path: `iptables/claw-${spec.name}.v${version}`,
    kind: "iptables",
    mode: 0o644,
    text: [
      "*filter",
      ":DOCKER-USER - [0:0]",
      "-F DOCKER-USER",
      "-A DOCKER-USER -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
      // A neighbour with a route to a bridge would pass by the address that the port is published on.
      ...all.map((name) => `-A DOCKER-USER -o ${name} ! -i ${name} -j DROP`),
      ...closed.map((name) => `-A DOCKER-USER -i ${name} -j DROP`),
      ...inward[version].map((range) => `-A DOCKER-USER -i ${outside} -d ${range} -j DROP`),
      "-A DOCKER-USER -j RETURN",
      "COMMIT",
      "",
    ].join("\n"),
    install: `/etc/iptables/claw-${spec.name}.v${version}`,
  }));
}
