import type { Finding } from "@clawkeep/diagnostics";

import { wrong } from "../artifacts/judged-file.ts";
import type { JudgedFile } from "../artifacts/judged-file.ts";
import type { ReadService } from "../artifacts/read-artifacts.ts";
import { line, missing } from "./control.ts";
import type { LineControl } from "./control.ts";

/** Ranges of a machine, of private networks and of cloud metadata: no way out may lead into one. */
export const inward4: readonly string[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "224.0.0.0/3",
];
export const inward6: readonly string[] = ["::1", "fc00::/7", "fe80::/10", "ff00::/8"];
const mapped6 = ["::ffff:0:0/96", "64:ff9b::/96"];

/** nftables: for uids when the deployment has units, for bridges when it has containers. */
export function nftablesFindings(
  file: JudgedFile,
  services: readonly ReadService[],
): readonly Finding[] {
  const { path, text } = file;
  const table = /^table inet (\w+)$/mu.exec(text)?.[1] ?? "";
  const common: readonly LineControl[] = [
    line("#!/usr/sbin/nft -f"),
    line(`delete table inet ${table || "of its own"}`),
    line(`table inet ${table} {`),
    line("type filter hook input priority filter; policy accept;"),
  ];
  if (text.includes("chain output")) {
    return missing("HARDENING_NFTABLES", file, [
      ...common,
      line("type filter hook output priority filter; policy accept;"),
      ...services.filter(({ uid }) => /^[1-9]/u.test(uid)).flatMap(accountControls),
      line('iifname "lo" accept'),
      line(/^tcp dport \{ .*11434.* \} drop$/),
      order('iifname "lo" accept', /^tcp dport \{ .* \} drop$/u),
    ]);
  }
  const all = /^\s*iifname (\{ [^}]+ \}) drop$/mu.exec(text)?.[1] ?? "";
  const names = [...all.matchAll(/"([^"]+)"/gu)].map(([, name = ""]) => name);
  const outside = names.find((name) => name.endsWith("ou")) ?? "";
  const found = missing("HARDENING_NFTABLES", file, [
    ...common,
    line("type filter hook forward priority filter; policy accept;"),
    line(`iifname ${all} drop`),
    line(`oifname ${all} ct state established,related accept`),
    line(`oifname ${all} iifname != ${all} drop`),
    order(
      `oifname ${all} ct state established,related accept`,
      `oifname ${all} iifname != ${all} drop`,
    ),
    {
      expected: "answers to what was asked, in both chains",
      holds: (lines) =>
        lines.filter((one) => one === `iifname ${all} ct state established,related accept`)
          .length === 2,
    },
    {
      expected: "every bridge but the outer one closed to the outside",
      holds: (lines) =>
        lines.some(
          (one) =>
            one.startsWith("iifname {") &&
            one.endsWith(` oifname != ${all} drop`) &&
            names
              .filter((name) => name !== outside)
              .every((name) => one.split(" oifname")[0]?.includes(`"${name}"`)),
        ),
    },
    drops(`iifname "${outside}" ip daddr {`, "drop", inward4),
    drops(`iifname "${outside}" ip6 daddr {`, "drop", [...inward6, ...mapped6]),
  ]);
  const wanted = ["in", "mo", "fr", "ho", "ou"].filter(
    (end) => !names.some((name) => name.endsWith(end)),
  );
  return wanted.length === 0
    ? found
    : [
        ...found,
        wrong(
          "HARDENING_NFTABLES",
          path,
          `expected rules for every bridge, got none for those that end in ${wanted.join(", ")}`,
          "A bridge without rules reaches this machine: render again.",
        ),
      ];
}

function accountControls({ name, uid }: ReadService): readonly LineControl[] {
  const own = `meta skuid ${uid}`;
  if (name === "skills") return [line(`${own} reject`)];
  const isOut = name === "egress";
  const controls = [line(`${own} oifname "lo" accept`)];
  if (name === "gateway") {
    controls.push(
      line(new RegExp(`^${own} oifname "lo" tcp dport \\S+ reject$`, "u")),
      order(
        new RegExp(`^${own} oifname "lo" tcp dport \\S+ reject$`, "u"),
        `${own} oifname "lo" accept`,
      ),
    );
  }
  if (isOut) {
    controls.push(
      line(`${own} udp dport 53 accept`),
      line(`${own} tcp dport 53 accept`),
      line(new RegExp(`^${own} tcp dport \\{ [0-9, ]*443[0-9, ]* \\} accept$`, "u")),
      drops(`${own} ip daddr {`, "reject", inward4),
      drops(`${own} ip6 daddr {`, "reject", [...inward6, ...mapped6]),
    );
  }
  // Names are asked before; whatever else is let through comes after what must not be reached.
  const outward = new RegExp(`^${own} tcp dport (?!53 )[0-9]+ accept$`, "u");
  const linkLocal = [`${own} ip daddr 169.254.0.0/16 reject`, `${own} ip6 daddr fe80::/10 reject`];
  const bounded = [
    drops(`${own} ip daddr {`, "reject", inward4),
    drops(`${own} ip6 daddr {`, "reject", [...inward6, ...mapped6]),
  ];
  return [
    ...controls,
    ...(name === "ollama-gate" ? linkLocal : []).map((kept): LineControl => ({
      expected: `${kept} before a port anywhere is let through`,
      holds: (lines) => {
        const [before, at] = [lines.indexOf(kept), lines.findIndex((one) => outward.test(one))];
        return at < 0 || (before >= 0 && before < at);
      },
    })),
    ...bounded.map(({ expected, holds }): LineControl => ({
      expected: `${expected}, or no way out at all`,
      holds: (lines, text) => lines.includes(`${own} reject`) || holds(lines, text),
    })),
    {
      expected: `an end of ${own}: reject, or reject of every inner address`,
      holds: (lines) =>
        lines.includes(`${own} reject`) ||
        (!isOut &&
          lines.some((one) => one.startsWith(`${own} ip daddr {`) && one.endsWith("reject"))),
    },
  ];
}

function drops(start: string, end: string, ranges: readonly string[]): LineControl {
  return {
    expected: `${start} … } ${end} with ${ranges.join(", ")}`,
    holds: (lines) =>
      lines.some(
        (one) =>
          one.startsWith(start) &&
          one.endsWith(`} ${end}`) &&
          ranges.every((range) => one.includes(` ${range}`)),
      ),
  };
}

/** One line before another, for the first rule that fits decides. */
function order(first: string | RegExp, then: string | RegExp): LineControl {
  const at = (lines: readonly string[], wanted: string | RegExp): number =>
    lines.findIndex((one) => (typeof wanted === "string" ? one === wanted : wanted.test(one)));
  return {
    expected: `${String(first)} before ${String(then)}`,
    holds: (lines) => {
      const [before, after] = [at(lines, first), at(lines, then)];
      return before >= 0 && after >= 0 && before < after;
    },
  };
}

/** The chain that Docker asks before its own rules. */
export function iptablesFindings(file: JudgedFile): readonly Finding[] {
  const ranges = file.path.endsWith(".v6")
    ? ["fc00::/7", "fe80::/10"]
    : inward4.filter((one) => !/^(?:0\.|127\.|224\.)/u.test(one));
  return missing("HARDENING_IPTABLES", file, [
    line("*filter"),
    line(":DOCKER-USER - [0:0]"),
    line("-F DOCKER-USER"),
    line("-A DOCKER-USER -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN"),
    ...["in", "mo", "fr", "ho", "ou"].map((end) =>
      line(new RegExp(`^-A DOCKER-USER -o (\\S+${end}) ! -i \\1 -j DROP$`, "u")),
    ),
    line(/^-A DOCKER-USER -i \S+fr -j DROP$/),
    line(/^-A DOCKER-USER -i \S+ho -j DROP$/),
    ...ranges.map((range) =>
      line(
        new RegExp(
          `^-A DOCKER-USER -i \\S+ou -d ${range.replaceAll(".", String.raw`\.`)} -j DROP$`,
          "u",
        ),
      ),
    ),
    order(/ -j DROP$/u, "-A DOCKER-USER -j RETURN"),
    line("COMMIT"),
  ]);
}

export function ufwFindings(file: JudgedFile): readonly Finding[] {
  const opened = /^(?:allow|limit) (?:\d+(?:\/\w+)?$|in on tailscale0 to any port \d+ proto tcp$)/u;
  return missing("HARDENING_UFW", file, [
    line("default deny incoming"),
    line("default allow outgoing"),
    line("default deny routed"),
    line("limit 22/tcp"),
    line("deny 11434/tcp"),
    line(/^deny (?!11434)[0-9]+\/tcp$/),
    {
      expected: "nothing open but SSH, the tailnet and a proxy with TLS",
      holds: (lines) =>
        lines
          .filter((one) => /^(?:allow|limit) /u.test(one))
          .every(
            (one) =>
              opened.test(one) &&
              (/tailscale0/u.test(one) || /^\w+ (?:22|80|443)\/tcp$|41641\/udp$/u.test(one)),
          ),
    },
  ]);
}

export function caddyFindings(file: JudgedFile, isTrusted: boolean): readonly Finding[] {
  return missing("HARDENING_CADDY", file, [
    line("admin off"),
    line(/^https:\/\/\S+.* \{$/),
    line(/^header Strict-Transport-Security "max-age=[1-9][0-9]{6,}"$/),
    line(/^reverse_proxy 127\.0\.0\.1:[0-9]+ \{$/),
    ...(isTrusted
      ? [
          line("tls {"),
          line("client_auth {"),
          line("mode require_and_verify"),
          line(/^trusted_ca_cert_file \//),
          line(/^header_up X-\S+ \{http\.request\.tls\.client\.[a-z0-9_.]+\}$/),
        ]
      : []),
  ]);
}

export function sshFindings(file: JudgedFile): readonly Finding[] {
  return missing("HARDENING_SSH", file, [
    line("Host *"),
    line(/^LocalForward 127\.0\.0\.1:[0-9]+ 127\.0\.0\.1:[0-9]+$/),
    line("ExitOnForwardFailure yes"),
    line("RequestTTY no"),
    line("SessionType none"),
  ]);
}
