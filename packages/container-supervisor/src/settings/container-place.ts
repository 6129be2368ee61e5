import { join } from "node:path";

/** Where things lie in the container; a test has a folder of its own instead. */
export interface ContainerPlace {
  /** The one volume: everything that is kept. */
  readonly data: string;
  /** Configuration that the image's user may not write; `openclaw.json` in it is used instead of one made here. */
  readonly mounted: string;
  /** Secrets that the engine mounts, one file each. */
  readonly secrets: string;
  /** Skills that come with the image. */
  readonly skills: string;
  readonly ollama: string;
  readonly openclaw: string;
  /** Node of the image, and the scripts that it runs. */
  readonly skillProgram: string;
}

/** What is in the volume. */
export interface DataFolders {
  readonly openclaw: string;
  readonly workspace: string;
  readonly clawkeep: string;
  readonly config: string;
  readonly secrets: string;
}

/** The places of the image that is built from the rendered Dockerfile. */
export const imagePlace: ContainerPlace = {
  data: "/data",
  mounted: "/etc/claw",
  secrets: "/run/secrets",
  skills: "/usr/local/share/clawkeep/skills",
  ollama: "/usr/bin/ollama",
  openclaw: "/usr/local/bin/openclaw",
  skillProgram: "/usr/local/bin/clawkeep-skill",
};

/** The folders of the volume (L7). Models are where `OLLAMA_MODELS` says. */
export function dataFolders({ data }: ContainerPlace): DataFolders {
  return {
    openclaw: join(data, "openclaw"),
    workspace: join(data, "workspace"),
    clawkeep: join(data, "clawkeep"),
    config: join(data, "config"),
    secrets: join(data, "secrets"),
  };
}
