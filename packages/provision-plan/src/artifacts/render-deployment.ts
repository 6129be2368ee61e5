import { renderMcporter } from "../capabilities/mcp-servers.ts";
import { renderCompose } from "../containers/render-compose.ts";
import { renderVariables } from "../containers/render-variables.ts";
import { renderDockerfile } from "../containers/render-dockerfile.ts";
import { accountOf, rolesOf } from "../layout/accounts.ts";
import { configFolder } from "../layout/services.ts";
import { renderCaddyfile } from "../network/render-caddyfile.ts";
import { renderDockerUser } from "../network/render-docker-user.ts";
import { renderNftables } from "../network/render-nftables.ts";
import { renderSquid } from "../network/render-squid.ts";
import { renderSshTunnel } from "../network/render-ssh.ts";
import { renderUfw } from "../network/render-ufw.ts";
import { environmentText, modelfiles, ollamaEnvironment } from "../ollama/environment.ts";
import { renderAdvice } from "../openclaw/render-advice.ts";
import { openClawConfigText, renderOpenClawConfig } from "../openclaw/render-config.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import { exposedPage } from "../plan/exposed-page.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { renderAccounts, renderKernelSettings } from "../units/render-accounts.ts";
import { renderLaunchd } from "../units/render-launchd.ts";
import { renderQuadlet } from "../units/render-quadlet.ts";
import { renderUnits } from "../units/render-units.ts";
import type { Artifact } from "./artifact.ts";

/** Every file of a deployment, sorted by path. The same spec and place always give the same bytes. */
export function renderDeployment(spec: DeploymentSpec, place: RenderPlace): readonly Artifact[] {
  const { profile, gateway } = spec;
  const roles = rolesOf(spec);
  const inContainer = profile.gateway === "container";
  const isPodman = profile.name === "podman";
  const isMac = profile.name === "macos";
  const onHost = profile.gateway === "system-unit" || profile.gateway === "user-unit";
  const hasUnits = onHost || profile.name === "credentialless";
  const hasFirewall = onHost || (inContainer && !isPodman && !isMac);
  const compose = inContainer && !isPodman ? renderCompose(spec, place) : [];
  return [
    configArtifact(spec, place),
    renderAdvice(spec),
    ...renderMcporter(spec, place),
    ...(roles.includes("ollama") ? [environmentArtifact(spec, place)] : []),
    ...modelfiles(spec).map(({ name, text }): Artifact => ({
      path: `Modelfile.${name.replaceAll(/[^A-Za-z0-9._-]/gu, "-")}`,
      kind: "modelfile",
      mode: 0o644,
      text,
    })),
    ...(inContainer ? [renderDockerfile(spec, place)] : []),
    ...(compose.length === 0 ? [] : [...compose, renderVariables(spec, compose)]),
    ...(isPodman ? renderQuadlet(spec, place) : []),
    ...(isMac ? renderLaunchd(spec, place) : []),
    ...(hasUnits ? [...renderUnits(spec, place), renderAccounts(spec, place)] : []),
    ...(profile.name === "vps" ? [renderKernelSettings(spec)] : []),
    ...(roles.includes("egress") ? [renderSquid(spec, place)] : []),
    ...(hasFirewall ? [renderNftables(spec, place), renderUfw(spec)] : []),
    ...(hasFirewall && inContainer ? renderDockerUser(spec) : []),
    ...(gateway.exposure === "caddy" ? [renderCaddyfile(spec)] : []),
    ...(gateway.exposure === "ssh" ? [renderSshTunnel(spec)] : []),
    {
      path: "EXPOSED.md",
      kind: "exposed-page" as const,
      mode: 0o644 as const,
      text: exposedPage(spec),
    },
  ].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function configArtifact(spec: DeploymentSpec, place: RenderPlace): Artifact {
  const { gateway, name } = spec.profile;
  const uid = accountOf("gateway", spec, place);
  const isOwn = gateway === "process" || gateway === "user-unit";
  return {
    path: "config/openclaw.json",
    kind: "openclaw-config",
    mode: 0o600,
    text: openClawConfigText(renderOpenClawConfig(spec, place)),
    ...(isOwn ? {} : { owner: { uid, gid: uid } }),
    ...(gateway === "container" && name !== "podman"
      ? {}
      : {
          install: `${name === "podman" ? `${place.home}/.config/claw-${spec.name}` : configFolder(spec, place)}/openclaw.json`,
        }),
  };
}

function environmentArtifact(spec: DeploymentSpec, place: RenderPlace): Artifact {
  return {
    path: "config/ollama.env",
    kind: "environment",
    mode: 0o644,
    text: environmentText(ollamaEnvironment(spec)),
    ...(spec.profile.gateway === "system-unit" || spec.profile.gateway === "user-unit"
      ? { install: `/etc/claw-${spec.name}/ollama.env` }
      : {}),
    ...(place.user === undefined || spec.profile.gateway !== "process"
      ? {}
      : { owner: place.user }),
  };
}
