import type { Artifact } from "../artifacts/artifact.ts";
import { capabilityHosts } from "../capabilities/capability-hosts.ts";
import { bareWord } from "../formats/plain-text.ts";
import { accountOf } from "../layout/accounts.ts";
import { configFolder } from "../layout/services.ts";
import { modelsOf } from "../openclaw/render-models.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import { portsOf } from "../profiles/ports.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** Host and port pairs that may be reached; OpenRouter's by itself when a model is there (T7). */
export function allowedHosts(
  spec: DeploymentSpec,
): readonly { readonly host: string; readonly port: number }[] {
  const hosted = modelsOf(spec).some((ref) => ref.startsWith("openrouter/"));
  const all = [
    ...(hosted ? [{ host: "openrouter.ai", port: 443 }] : []),
    ...capabilityHosts(spec),
    ...spec.egress.allow.map(({ host, port }) => ({ host, port })),
  ];
  return all.filter(
    (one, index) =>
      all.findIndex(({ host, port }) => host === one.host && port === one.port) === index,
  );
}

/**
 * squid as an allowlist: tunnels to named hosts and their ports, never to an address of this or a private network. What
 * is not on the list is refused before its name is resolved.
 */
export function renderSquid(spec: DeploymentSpec, place: RenderPlace): Artifact {
  const inContainer = spec.profile.gateway === "container";
  const uid = accountOf("egress", spec, place);
  const pairs = allowedHosts(spec);
  const names = [...new Set(pairs.map(({ host }) => bareWord(host, "squid.conf")))];
  return {
    path: "config/squid.conf",
    kind: "squid",
    mode: 0o644,
    owner: { uid, gid: uid },
    text: [
      `http_port ${inContainer ? "0.0.0.0" : "127.0.0.1"}:${portsOf(spec).egressProxy}`,
      "pid_filename none",
      "cache deny all",
      "cache_mem 8 MB",
      "coredump_dir none",
      "shutdown_lifetime 1 second",
      "forwarded_for delete",
      "httpd_suppress_version_string on",
      // Its own name would be asked of a resolver, which need not know it.
      "visible_hostname egress",
      // Whom it lets through and whom not goes to its standard error: opening that by name fails where it is a journal or
      // another user's file, and there squid would end.
      "access_log none",
      "debug_options ALL,1 85,2",
      "cache_log /dev/stderr",
      "acl tunnel method CONNECT",
      "http_access deny !tunnel",
      ...(pairs.length === 0
        ? []
        : [
            // Before anything that needs an address: a name that is asked of a resolver has left, whatever is answered.
            // An address is no name of the list, and -n asks nobody for one.
            `acl named dstdomain -n ${names.join(" ")}`,
            "http_access deny !named",
            "acl inward dst 0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/3",
            "acl inward dst ::1 fc00::/7 fe80::/10 ff00::/8",
            "http_access deny inward",
          ]),
      ...pairs.flatMap(({ host, port }, index) => [
        `acl host${index} dstdomain -n ${bareWord(host, "squid.conf")}`,
        `acl port${index} port ${port}`,
        `http_access allow tunnel host${index} port${index}`,
      ]),
      "http_access deny all",
      "",
    ].join("\n"),
    ...(inContainer ? {} : { install: `${configFolder(spec, place)}/squid.conf` }),
  };
}
