import type { Artifact } from "../artifacts/artifact.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/**
 * `.env.example`: what `docker compose`, Dockge and Portainer read of a `.env` beside `compose.yaml` (L22). It chooses
 * the project's name and the overlays, so that nobody has to name files; no secret belongs into it.
 *
 * @param overlays The compose files of the deployment.
 */
export function renderVariables(spec: DeploymentSpec, overlays: readonly Artifact[]): Artifact {
  const has = (name: string): boolean => overlays.some(({ path }) => path === name);
  const optional = ["compose.gpu.yaml", "compose.pull.yaml"].filter(has);
  const used = ["compose.yaml", "compose.internet.yaml", "compose.webui.yaml"].filter(has);
  return {
    path: ".env.example",
    kind: "compose-variables",
    mode: 0o644,
    text: [
      "# Copy to .env. No secret belongs here: those are files in secrets/, which claw apply makes or asks for.",
      `COMPOSE_PROJECT_NAME=claw-${spec.name}`,
      ...(optional.length === 0
        ? []
        : [`# Further files, joined by a colon: ${optional.join(", ")}`]),
      `COMPOSE_FILE=${used.join(":")}`,
      "# cli: commands by hand that may change the configuration; setup: fetching models.",
      "COMPOSE_PROFILES=",
      "",
    ].join("\n"),
  };
}
