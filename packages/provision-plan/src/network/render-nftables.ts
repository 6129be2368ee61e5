import type { Artifact } from "../artifacts/artifact.ts";
import { bridgeName, hostNetwork, networkNames } from "../layout/names.ts";
import { servicesWithAccounts } from "../layout/services.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import { ports, portsOf } from "../profiles/ports.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** Where a way out to hosts by name must not lead: this machine's networks, and the address of cloud metadata. */
const inward4 =
  "{ 0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, 224.0.0.0/3 }";
const inward6 = "{ ::/128, ::1/128, ::ffff:0:0/96, 64:ff9b::/96, fc00::/7, fe80::/10, ff00::/8 }";

/**
 * Rules of nftables, in a table of the deployment's own so that loading them again replaces them and nothing else. The
 * family is `inet`: each rule is its own IPv6 twin; only addresses are written twice. It is made of numbers and of
 * names of ours: no text of the spec is in it.
 */
export function renderNftables(spec: DeploymentSpec, place: RenderPlace): Artifact {
  const table = `claw_${spec.name.replaceAll("-", "_")}`;
  const body = spec.profile.gateway === "container" ? bridges(spec) : accounts(spec, place);
  return {
    path: `nftables/claw-${spec.name}.nft`,
    kind: "nftables",
    mode: 0o644,
    text: [
      "#!/usr/sbin/nft -f",
      `table inet ${table}`,
      `delete table inet ${table}`,
      "",
      `table inet ${table} {`,
      ...body,
      "}",
      "",
    ].join("\n"),
    install: `/etc/nftables.d/claw-${spec.name}.nft`,
  };
}

function chain(name: string, hook: string, rules: readonly string[]): readonly string[] {
  return [
    `  chain ${name} {`,
    `    type filter hook ${hook} priority filter; policy accept;`,
    ...rules.map((rule) => `    ${rule}`),
    "  }",
  ];
}

/** On a host: each uid reaches what it needs, and what listens here is reached by this machine alone. */
function accounts(spec: DeploymentSpec, place: RenderPlace): readonly string[] {
  const rules = servicesWithAccounts(spec, place).flatMap(({ role, uid }) => {
    const own = `meta skuid ${uid}`;
    if (role === "skills") return [`${own} reject`];
    if (role === "gateway") {
      return [
        // Not past the proxy to Ollama itself, which would pull, push and delete for it.
        `${own} oifname "lo" tcp dport ${portsOf(spec).ollama} reject`,
        `${own} oifname "lo" accept`,
        ...(spec.egress.mode === "open" ? inward(own) : [`${own} reject`]),
      ];
    }
    if (role === "egress") {
      const allowed = [...new Set([443, ...spec.egress.allow.map(({ port }) => port)])];
      return [
        `${own} oifname "lo" accept`,
        `${own} udp dport 53 accept`,
        `${own} tcp dport 53 accept`,
        ...inward(own),
        `${own} tcp dport { ${allowed.toSorted((a, b) => a - b).join(", ")} } accept`,
        `${own} reject`,
      ];
    }
    if (role === "ollama-gate" && spec.models.endpoint !== undefined) {
      const { port, protocol } = new URL(spec.models.endpoint);
      const at = port === "" ? (protocol === "https:" ? "443" : "80") : port;
      return [
        `${own} oifname "lo" accept`,
        `${own} udp dport 53 accept`,
        `${own} tcp dport 53 accept`,
        `${own} ip daddr 169.254.0.0/16 reject`,
        `${own} ip6 daddr fe80::/10 reject`,
        `${own} tcp dport ${at} accept`,
        `${own} reject`,
      ];
    }
    return role === "ollama" && isCloudy(spec)
      ? [`${own} oifname "lo" accept`, ...inward(own)]
      : [`${own} oifname "lo" accept`, `${own} reject`];
  });
  const { port } = spec.gateway;
  const here = [
    port,
    port + ports.browserOffset,
    portsOf(spec).ollama,
    portsOf(spec).gateBesideOllama,
    portsOf(spec).egressProxy,
  ];
  const tailnet =
    spec.gateway.exposure === "tailscale" ? [`iifname "tailscale0" tcp dport ${port} accept`] : [];
  return [
    ...chain("output", "output", rules),
    ...chain("input", "input", [
      'iifname "lo" accept',
      ...tailnet,
      `tcp dport { ${[...new Set(here)].toSorted((a, b) => a - b).join(", ")} } drop`,
    ]),
  ];
}

function inward(own: string): readonly string[] {
  return [`${own} ip daddr ${inward4} reject`, `${own} ip6 daddr ${inward6} reject`];
}

function isCloudy(spec: DeploymentSpec): boolean {
  return [
    spec.models.primary,
    ...spec.models.fallbacks,
    ...Object.values(spec.agents).map(({ model }) => model),
  ].some((ref) => /(?::|-)cloud$/u.test(ref));
}

/**
 * With containers: nothing of theirs reaches this host by the address of a bridge, but Ollama where it is the host's;
 * nothing of the network that publishes the port starts a connection to anywhere; and nobody else starts one to a
 * container, for what is published is published on this host's own address.
 */
function bridges(spec: DeploymentSpec): readonly string[] {
  const names = networkNames(spec).map((one) => bridgeName(spec, one));
  const all = `{ ${names.map((name) => `"${name}"`).join(", ")} }`;
  const closed = networkNames(spec)
    .filter((one) => one !== "outside")
    .toSorted();
  const { subnet, host } = hostNetwork(spec);
  const ollama =
    spec.profile.name === "credentialless"
      ? [
          `iifname "${bridgeName(spec, "host")}" ip saddr ${subnet} ip daddr ${host} tcp dport ${portsOf(spec).ollama} accept`,
        ]
      : [];
  return [
    ...chain("input", "input", [
      `iifname ${all} ct state established,related accept`,
      ...ollama,
      `iifname ${all} drop`,
    ]),
    ...chain("forward", "forward", [
      `iifname ${all} ct state established,related accept`,
      `oifname ${all} ct state established,related accept`,
      // A neighbour with a route to the bridge would pass by the address that the port is published on.
      `oifname ${all} iifname != ${all} drop`,
      `iifname { ${closed.map((one) => `"${bridgeName(spec, one)}"`).join(", ")} } oifname != ${all} drop`,
      `iifname "${bridgeName(spec, "outside")}" ip daddr ${inward4} drop`,
      `iifname "${bridgeName(spec, "outside")}" ip6 daddr ${inward6} drop`,
    ]),
  ];
}
