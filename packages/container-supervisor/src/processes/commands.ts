import { readSmallFile } from "@clawkeep/durable-files";
import { join } from "node:path";

import type { ContainerPlace } from "../settings/container-place.ts";
import { dataFolders } from "../settings/container-place.ts";
import type { ContainerSettings } from "../settings/read-settings.ts";
import type { ChildCommand } from "./child.ts";

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Variables by which an engine shows a GPU to a container; Ollama alone gets them. */
const graphics = /^(?:NVIDIA_[A-Z_]+|CUDA_VISIBLE_DEVICES|LD_LIBRARY_PATH)$/u;

/** Where Ollama is asked: all interfaces is no address to ask at. */
export function ollamaAddress({ ollama }: ContainerSettings): {
  readonly host: string;
  readonly port: number;
} {
  return { host: ollama.host === "0.0.0.0" ? "127.0.0.1" : ollama.host, port: ollama.port };
}

/** `ollama serve` with exactly the variables that it reads. @param outer The container's environment. */
export function ollamaCommand(
  settings: ContainerSettings,
  place: ContainerPlace,
  outer: Readonly<Record<string, string | undefined>> = process.env,
): ChildCommand {
  const shown = Object.entries(outer).flatMap(([name, value]) =>
    graphics.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return {
    name: "ollama",
    program: place.ollama,
    args: ["serve"],
    environment: {
      ...Object.fromEntries(shown),
      ...settings.ollama.environment,
      HOME: place.data,
      PATH: path,
    },
    cwd: place.data,
    secrets: secretsOf(settings, place),
  };
}

/** The gateway, which may not write its configuration. No token is in its environment. */
export function gatewayCommand(
  settings: ContainerSettings,
  place: ContainerPlace,
  configFile: string,
): ChildCommand {
  const { openclaw } = dataFolders(place);
  return {
    name: "gateway",
    program: place.openclaw,
    args: ["gateway", "run"],
    environment: {
      HOME: openclaw,
      NODE_OPTIONS: "--max-old-space-size=1536",
      NO_COLOR: "1",
      OPENCLAW_CONFIG_PATH: configFile,
      OPENCLAW_CONFIG_READONLY: "1",
      OPENCLAW_STATE_DIR: openclaw,
      PATH: path,
    },
    cwd: openclaw,
    secrets: secretsOf(settings, place),
  };
}

function secretsOf({ telegramToken }: ContainerSettings, place: ContainerPlace): readonly string[] {
  const token = readSmallFile(join(dataFolders(place).secrets, "gateway-token"))
    ?.toString("utf8")
    .trim();
  return [token, telegramToken].filter((one): one is string => one !== undefined && one !== "");
}
