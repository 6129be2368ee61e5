import type { Artifact } from "../artifacts/artifact.ts";
import { dockerfileText } from "../formats/dockerfile-text.ts";
import type { DockerInstruction } from "../formats/dockerfile-text.ts";
import { accountOf, openWebuiAccount } from "../layout/accounts.ts";
import type { Role } from "../layout/accounts.ts";
import { servicesOf, socketFolder } from "../layout/services.ts";
import { advicePath, agentWorkspaces } from "../openclaw/render-advice.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { images } from "./images.ts";
import { openWebuiRuns } from "./render-open-webui.ts";

/** Of our own packages, as images install them. */
export const clawkeepVersion: string = "0.1.0";

/** One Dockerfile with a stage for each image that a profile builds. Nothing is fetched but pinned packages. */
export function renderDockerfile(spec: DeploymentSpec, place: RenderPlace): Artifact {
  const isSingle = spec.profile.ollama === "same-container";
  const gateway = servicesOf(spec, place).filter(({ role }) => role === "gateway");
  const skills = accountOf("skills", spec, place);
  const hasOllama = spec.profile.ollama === "container";
  const state = (role: Role): DockerInstruction => {
    const uid = accountOf(role, spec, place);
    return { run: folder(`/var/lib/claw-${spec.name}-${role}`, uid, uid, "0700") };
  };
  const keeper = String(skills);
  const help = ["/usr/local/bin/clawkeep-skill", "--help"];
  return {
    path: "Dockerfile",
    kind: "dockerfile",
    mode: 0o644,
    text: dockerfileText([
      { argument: "BASE", value: images.base },
      ...(isSingle || hasOllama ? [{ argument: "OLLAMA", value: images.ollama }] : []),
      ...(spec.extras.openWebui === undefined ? [] : openWebuiStage(openWebuiAccount(spec, place))),
      ...(isSingle ? [{ from: "${OLLAMA}", as: "ollama-files" }] : []),
      ...(hasOllama ? ollamaStage(state("ollama"), accountOf("ollama", spec, place)) : []),
      { from: "${BASE}", as: "programs" },
      { environment: "NODE_ENV", value: "production" },
      { run: npm(`@clawkeep/skill@${clawkeepVersion}`, `@clawkeep/claw@${clawkeepVersion}`) },
      { run: folder(socketFolder(spec), skills, 1000, "0750") },
      { from: "programs", as: "keeper" },
      // What the skills run is locked where it lies, by the service that runs it.
      ...(spec.skills.length > 0
        ? [{ run: npm(`@clawkeep/local-rag@${clawkeepVersion}`) } as const]
        : []),
      state("skills"),
      state("ollama-gate"),
      ...ends(keeper, help.slice(0, 1), help.slice(1), help),
      ...(isSingle
        ? [
            { from: "programs", as: "all" } as const,
            { copyFrom: "ollama-files", source: "/usr/bin/ollama", target: "/usr/bin/ollama" },
            { copyFrom: "ollama-files", source: "/usr/lib/ollama", target: "/usr/lib/ollama" },
            state("ollama"),
            state("ollama-gate"),
            { run: folder("/data", 1000, 1000, "0700") },
          ]
        : [{ from: "programs", as: "gateway" } as const]),
      { run: npm(`openclaw@${spec.openclawVersion}`) },
      // Its first run ends what npm's scripts would have done, and writes where it is installed.
      { run: ["openclaw", "--version"] },
      { run: folder("/home/node/.openclaw", 1000, 1000, "0700") },
      // A new volume begins as a copy of this: what an agent writes into its own later stays.
      ...agentWorkspaces(spec, place).flatMap((workspace): readonly DockerInstruction[] => [
        { run: folder(workspace, 1000, 1000, "0700") },
        { copy: advicePath, target: `${workspace}/AGENTS.md`, owner: 1000 },
      ]),
      ...gateway.flatMap(({ command, health }) =>
        ends("1000", command.slice(0, 1), command.slice(1), health),
      ),
    ]),
  };
}

function ollamaStage(state: DockerInstruction, uid: number): readonly DockerInstruction[] {
  return [
    { from: "${OLLAMA}", as: "ollama" },
    state,
    ...ends(String(uid), ["/usr/bin/ollama"], ["serve"], ["/usr/bin/ollama", "list"]),
  ];
}

function openWebuiStage(uid: number): readonly DockerInstruction[] {
  const { command, health } = openWebuiRuns;
  return [
    { argument: "OPEN_WEBUI", value: images.openWebui },
    { from: "${OPEN_WEBUI}", as: "open-webui" },
    { run: ["chown", "-R", `${uid}:${uid}`, "/app/backend/data"] },
    ...ends(String(uid), command.slice(0, 1), command.slice(1), health),
  ];
}

function ends(
  user: string,
  entrypoint: readonly string[],
  command: readonly string[],
  healthcheck: readonly string[],
): readonly DockerInstruction[] {
  return [
    { user: `${user}:${user}` },
    { workFolder: "/tmp" },
    { healthcheck },
    { entrypoint },
    { command },
  ];
}

function npm(...packages: readonly string[]): readonly string[] {
  return ["npm", "install", "--global", "--ignore-scripts", "--no-audit", "--no-fund", ...packages];
}

function folder(path: string, uid: number, gid: number, mode: string): readonly string[] {
  return ["install", "-d", "-o", String(uid), "-g", String(gid), "-m", mode, path];
}
