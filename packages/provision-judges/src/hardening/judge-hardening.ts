import type { Finding } from "@clawkeep/diagnostics";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { at, readConfig, readServices } from "../artifacts/read-artifacts.ts";
import type { Verdict } from "../verdict.ts";
import { composeFindings } from "./compose-controls.ts";
import { configFindings } from "./config-controls.ts";
import { dockerfileFindings } from "./dockerfile-controls.ts";
import {
  accountFindings,
  environmentFindings,
  kernelFindings,
  launchdFindings,
  modelfileFindings,
} from "./host-controls.ts";
import {
  caddyFindings,
  iptablesFindings,
  nftablesFindings,
  sshFindings,
  ufwFindings,
} from "./network-controls.ts";
import { quadletFindings } from "./quadlet-controls.ts";
import { squidFindings } from "./squid-controls.ts";
import { unitFindings } from "./unit-controls.ts";
import { variablesFindings } from "./variables-controls.ts";

/**
 * Reads every file and asks for each line that keeps the deployment closed. It knows formats, and neither spec nor
 * renderer: a line that is lost anywhere between a renderer and a disk is seen here.
 */
export function judgeHardening(files: readonly JudgedFile[]): Verdict {
  const config = readConfig(files);
  const services = readServices(files);
  const isTrusted = at(config, "gateway", "auth", "mode") === "trusted-proxy";
  const isCloudy = /(?::|-)cloud"/u.test(JSON.stringify(config["models"] ?? {}));
  const targets = files
    .filter(({ kind }) => kind === "compose")
    .flatMap(({ text }) =>
      [...text.matchAll(/^\s*target: "([a-z]+)"$/gmu)].map(([, name = ""]) => name),
    );
  const readers: Readonly<Record<string, (file: JudgedFile) => readonly Finding[]>> = {
    "openclaw-config": ({ path }) => configFindings(config, path),
    compose: (file) => composeFindings(file, isCloudy),
    "compose-variables": (file) => variablesFindings(file, files),
    "systemd-unit": unitFindings,
    quadlet: (file) => quadletFindings(file, isCloudy),
    nftables: (file) => nftablesFindings(file, services),
    iptables: iptablesFindings,
    ufw: ufwFindings,
    squid: squidFindings,
    caddyfile: (file) => caddyFindings(file, isTrusted),
    "ssh-config": sshFindings,
    sysctl: kernelFindings,
    sysusers: (file) => accountFindings(file, services),
    environment: (file) => environmentFindings(file, isCloudy, services),
    modelfile: modelfileFindings,
    dockerfile: (file) => dockerfileFindings(file, targets),
    "launchd-plist": (file) => launchdFindings(file, isCloudy),
  };
  const findings = files.flatMap((file) => readers[file.kind]?.(file) ?? []);
  return {
    judge: "clawkeep hardening",
    status: findings.length === 0 ? "passed" : "failed",
    findings,
    codes: [...new Set(findings.map(({ code }) => code))].toSorted(),
  };
}
