import type { OpenClawConfig } from "@clawkeep/openclaw-contract";
import { openClawConfigText, renderOpenClawConfig } from "@clawkeep/provision-plan";

import type { ContainerPlace } from "./container-place.ts";
import { dataFolders } from "./container-place.ts";
import type { ContainerSettings } from "./read-settings.ts";

/**
 * `openclaw.json` of a container, by the renderer of every other deployment and a serialiser (L10). One uid: OpenClaw
 * starts the skills itself, and asks Ollama without a proxy, which that uid could walk around.
 */
export function configOfSettings(settings: ContainerSettings, place: ContainerPlace): string {
  if (settings.custom !== undefined) return settings.custom.text;
  const folders = dataFolders(place);
  const { spec } = settings;
  const inside = {
    ...spec,
    profile: {
      ...spec.profile,
      skills: "stdio" as const,
      secrets: folders.secrets,
      state: folders.openclaw,
      workspace: folders.workspace,
    },
  };
  const config = renderOpenClawConfig(inside, {
    home: place.data,
    skillsUid: 1000,
    skillProgram: place.skillProgram,
    clawkeepHome: folders.clawkeep,
  });
  return openClawConfigText(adjusted(config, settings));
}

function adjusted(config: OpenClawConfig, settings: ContainerSettings): OpenClawConfig {
  const { ollama } = config.models.providers;
  const { host, port } = settings.ollama;
  // All interfaces is where it listens, and no address to ask at.
  const baseUrl = `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`;
  return {
    ...config,
    models: {
      ...config.models,
      providers: {
        ...config.models.providers,
        ...(ollama === undefined ? {} : { ollama: { ...ollama, baseUrl } }),
      },
    },
    agents: {
      ...config.agents,
      defaults: {
        ...config.agents.defaults,
        subagents: { maxConcurrent: settings.subagents },
      },
    },
  };
}
