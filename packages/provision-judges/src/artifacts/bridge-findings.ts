import type { Finding } from "@clawkeep/diagnostics";
import { isObject } from "@clawkeep/openclaw-contract";

import { wrong } from "./judged-file.ts";
import type { JudgedFile } from "./judged-file.ts";
import { at } from "./read-artifacts.ts";
import { readYaml } from "./read-yaml.ts";

/** Every bridge that a compose file makes is one that the rules of the firewall are about. */
export function bridgeFindings(files: readonly JudgedFile[]): readonly Finding[] {
  const bridges = new Set(
    files.filter(({ kind }) => kind === "compose").flatMap(({ text }) => bridgesIn(text)),
  );
  return files.flatMap(({ path, kind, text }) =>
    [...bridges]
      .filter((bridge) => isMissing(kind, text, bridge))
      .map((bridge) =>
        wrong(
          "CONSISTENCY_BRIDGE",
          path,
          `expected a rule about the bridge ${bridge}, got none`,
          "What is on it would reach this machine, or be reached by its neighbours: render again.",
        ),
      ),
  );
}

function bridgesIn(text: string): readonly string[] {
  const networks = at(readYaml(text), "networks");
  return Object.values(isObject(networks) ? networks : {}).flatMap((network) => {
    const name = at(network, "driver_opts", "com.docker.network.bridge.name");
    return typeof name === "string" ? [name] : [];
  });
}

function isMissing(kind: string, text: string, bridge: string): boolean {
  if (kind === "iptables") return !text.includes(`-o ${bridge} ! -i ${bridge} -j DROP`);
  if (kind !== "nftables") return false;
  const [, dropped = ""] = /^\s*iifname \{ ([^}]+) \} drop$/mu.exec(text) ?? [];
  return !dropped.includes(`"${bridge}"`);
}
