import type { HostFacts } from "@clawkeep/provision-plan";

import type { ContainerPlace } from "../settings/container-place.ts";
import { dataFolders } from "../settings/container-place.ts";
import type { ContainerSettings } from "../settings/read-settings.ts";
import { hardwareReport } from "./hardware-report.ts";

/** What is said when everything is up (L15). Where the token lies, and never the token. */
export function banner(
  settings: ContainerSettings,
  facts: HostFacts,
  place: ContainerPlace,
): readonly string[] {
  const [architecture = "", cores = "", memory = "", gpu = ""] = hardwareReport(facts, undefined);
  const { custom, gatewayPort, models, ollama, spec } = settings;
  const isShared = !ollama.host.startsWith("127.");
  return [
    "OpenClaw and Ollama are up.",
    `  interface    http://127.0.0.1:${gatewayPort} of the container; publish it on loopback: -p 127.0.0.1:${gatewayPort}:${gatewayPort}`,
    custom === undefined
      ? `  token        ${dataFolders(place).secrets}/gateway-token; docker exec -it NAME claw-container token`
      : "  token        as the configuration that was mounted says",
    `  model        ${models.join(", ")}${custom === undefined ? `, ${spec.models.contextTokens} tokens at most` : ""}`,
    `  machine      ${[architecture, cores, memory, gpu].join("; ")}`,
    `  Ollama       ${ollama.host}:${ollama.port}${isShared ? ", on more than loopback: whoever reaches it may pull and delete models" : ", inside this container only"}`,
    `  channels     ${Object.keys(spec.channels).join(", ") || "none"}`,
    `  commands     ${custom === undefined ? "denied; git by the skill git-readonly, which cannot write" : `as ${custom.file} says`}`,
    "  one uid      gateway, skills and Ollama are one user here: the record of what skills did is no evidence against the gateway.",
    "  network      what the engine gave: this container closes nothing. The profile cage does.",
  ];
}
