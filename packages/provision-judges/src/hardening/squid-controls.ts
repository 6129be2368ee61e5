import type { Finding } from "@clawkeep/diagnostics";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { answerOfSquid, pairsOfSquid, readSquid } from "../artifacts/read-squid.ts";
import type { SquidAccess, SquidRequest } from "../artifacts/read-squid.ts";
import { line, missing } from "./control.ts";
import type { LineControl } from "./control.ts";
import { inward4, inward6 } from "./network-controls.ts";

/** What nobody put on a list: a name, the same without a tunnel, and addresses as they can be written. */
const refused: readonly SquidRequest[] = [
  { method: "CONNECT", host: "not-on-any-list.example", port: 443, isAddress: false },
  { method: "GET", host: "not-on-any-list.example", port: 80, isAddress: false },
  { method: "CONNECT", host: "93.184.216.34", port: 443, isAddress: true },
  { method: "CONNECT", host: "169.254.169.254", port: 443, isAddress: true },
  { method: "CONNECT", host: "[fd00::1]", port: 443, isAddress: true },
];

/** squid as an allowlist: what it answers is worked out from its own rules. */
export function squidFindings(file: JudgedFile): readonly Finding[] {
  const access = readSquid(file.text);
  const allows = access.rules.filter(({ action }) => action === "allow");
  return missing("HARDENING_SQUID", file, [
    line(/^http_port (?:127\.0\.0\.1|0\.0\.0\.0):[0-9]+$/),
    line("pid_filename none"),
    line("cache deny all"),
    line(/^cache_mem [0-9]+ MB$/),
    line("coredump_dir none"),
    line(/^shutdown_lifetime /),
    line("forwarded_for delete"),
    line("httpd_suppress_version_string on"),
    line(/^visible_hostname \S+$/),
    line("access_log none"),
    line("debug_options ALL,1 85,2"),
    line("cache_log /dev/stderr"),
    line("acl tunnel method CONNECT"),
    line("http_access deny !tunnel"),
    ...(allows.length === 0 ? [] : listed(access)),
    {
      expected: "what is on no list refused before its name is resolved",
      holds: () =>
        refused.every((request) => {
          // An address that is written needs no resolver to be known as an inner one or not.
          const said = [true, false].map((isInward) => answerOfSquid(access, request, isInward));
          return said.every(({ action, asks }) => action === "deny" && !asks);
        }),
    },
    {
      expected: "a tunnel, a host and a port in whatever is allowed",
      holds: () =>
        allows.every(({ lists: [tunnel, host = "", port = "", ...rest] }) => {
          const [named, at] = [access.lists.get(host), access.lists.get(port)];
          return (
            tunnel === "tunnel" &&
            rest.length === 0 &&
            named?.type === "dstdomain" &&
            named.asksNobody &&
            at?.type === "port"
          );
        }),
    },
    {
      expected: "a use of every host that is named",
      holds: () =>
        [...access.lists].every(([name]) =>
          access.rules.some(({ lists }) => lists.includes(name) || lists.includes(`!${name}`)),
        ) &&
        [...access.lists.values()]
          .filter(({ type }) => type === "dstdomain")
          .flatMap(({ values }) => values)
          .every((host) => pairsOfSquid(access).some((pair) => pair.host === host)),
    },
    {
      expected: "http_access deny all as the last word",
      holds: () => {
        const last = access.rules.at(-1);
        return last?.action === "deny" && last.lists.join(" ") === "all";
      },
    },
  ]);
}

/** What there is where anything is let through. */
function listed(access: SquidAccess): readonly LineControl[] {
  return [
    line(/^acl named dstdomain -n \S+/),
    line("http_access deny !named"),
    line("http_access deny inward"),
    {
      expected: "every inner range among those that are denied",
      holds: () => {
        const list = access.lists.get("inward");
        return (
          list?.type === "dst" &&
          [...inward4, ...inward6].every((range) => list.values.includes(range))
        );
      },
    },
    {
      expected:
        "a listed host refused where its addresses are inner ones, and let through elsewhere",
      holds: () => {
        const pairs = pairsOfSquid(access);
        return (
          pairs.length > 0 &&
          pairs.every(
            (pair) =>
              answerOfSquid(access, { method: "CONNECT", ...pair, isAddress: false }, true)
                .action === "deny",
          )
        );
      },
    },
  ];
}
