import type { Artifact } from "../artifacts/artifact.ts";
import { bareWord } from "../formats/plain-text.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/**
 * Caddy in front: TLS for each origin and, where the proxy says who it is, certificates of clients (S5, S13). The
 * header of the user is always Caddy's: what a client writes there is replaced.
 */
export function renderCaddyfile(spec: DeploymentSpec): Artifact {
  const { origins, port, auth, userHeader } = spec.gateway;
  const sites = origins.map((origin) => bareWord(origin, "Caddyfile"));
  const known = auth === "trusted-proxy";
  return {
    path: "Caddyfile",
    kind: "caddyfile",
    mode: 0o644,
    text: [
      "{",
      "\tadmin off",
      "}",
      "",
      `${sites.join(", ")} {`,
      ...(known
        ? [
            "\ttls {",
            "\t\tclient_auth {",
            "\t\t\tmode require_and_verify",
            `\t\t\ttrusted_ca_cert_file /etc/claw-${spec.name}/clients.pem`,
            "\t\t}",
            "\t}",
          ]
        : []),
      '\theader Strict-Transport-Security "max-age=31536000"',
      `\treverse_proxy 127.0.0.1:${port} {`,
      ...(known
        ? [
            `\t\theader_up ${bareWord(userHeader, "Caddyfile")} {http.request.tls.client.san.emails.0}`,
          ]
        : []),
      "\t}",
      "}",
      "",
    ].join("\n"),
    install: `/etc/caddy/claw-${spec.name}.caddyfile`,
  };
}
