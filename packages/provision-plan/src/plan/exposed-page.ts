import { rolesOf } from "../layout/accounts.ts";
import { allowedHosts } from "../network/render-squid.ts";
import { usedSecrets } from "../openclaw/render-secrets.ts";
import { weakenings } from "../spec/check-waivers.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** What a deployment leaves open, in sentences, from what is rendered for it (G26). */
export function exposedPage(spec: DeploymentSpec): string {
  return [
    `# What is still exposed: ${spec.name} (${spec.profile.name})`,
    "",
    ...section("Ways in", waysIn(spec)),
    ...section("Ways out", waysOut(spec)),
    ...section("Secrets that a process holds", secrets(spec)),
    ...section("Weakened, with the reason that was given", weakened(spec)),
    ...section("Not defended", undefended(spec)),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return [
    `## ${title}`,
    "",
    ...(lines.length === 0 ? ["Nothing."] : lines.map((one) => `- ${one}`)),
    "",
  ];
}

function waysIn(spec: DeploymentSpec): readonly string[] {
  const { port, exposure, origins, auth, ui } = spec.gateway;
  const by: Readonly<Record<typeof exposure, string>> = {
    loopback: "nothing beyond this machine",
    ssh: "whoever may log in by SSH, through a tunnel",
    tailscale: "every device of the tailnet that its rules let through",
    caddy: `the internet, by Caddy at ${origins.join(", ")}`,
  };
  return [
    `127.0.0.1:${port}, the gateway${ui ? " and its Control UI" : ""}, ${auth === "token" ? "with a token" : auth === "none" ? "WITHOUT A TOKEN" : "for users that the proxy names"}: every user of this machine can connect.`,
    `Reached by ${by[exposure]}.`,
    ...(spec.extras.openWebui === undefined
      ? []
      : [
          `127.0.0.1:${spec.extras.openWebui.port}, Open WebUI, with accounts of its own: whoever signs up first is its operator, so sign up before others of this machine do. Its volume claw-${spec.name}_open-webui holds accounts and conversations, also after it was taken out of the spec: \`docker volume rm claw-${spec.name}_open-webui\` removes them.`,
        ]),
    ...Object.keys(spec.channels).map(
      (name) =>
        `Messages by ${name}: anybody may ask to be paired; the paired may talk to the agent.`,
    ),
  ];
}

function waysOut(spec: DeploymentSpec): readonly string[] {
  const roles = rolesOf(spec);
  const cloudy = [
    spec.models.primary,
    ...spec.models.fallbacks,
    ...Object.values(spec.agents).map(({ model }) => model),
  ].some((ref) => /(?::|-)cloud$/u.test(ref));
  return [
    ...(spec.egress.mode === "allowlist"
      ? allowedHosts(spec).map(
          ({ host, port }) =>
            `${host}:${port}, through the allowlist proxy. What is sent there can be read there; a name on the list can lead to other services behind the same host.`,
        )
      : []),
    ...(spec.capabilities.github === undefined
      ? []
      : [
          `GitHub, ${spec.capabilities.github === "read" ? "read-only: what is asked for is seen there" : "where issues and comments are written"}, as the person who logged in.`,
        ]),
    ...(spec.egress.mode === "open" ? ["The gateway reaches every public address."] : []),
    ...(spec.models.endpoint === undefined
      ? []
      : [
          `Prompts go to ${spec.models.endpoint}${spec.models.endpoint.startsWith("http:") ? ", without encryption" : ""}.`,
        ]),
    ...(cloudy ? ["Ollama sends prompts of cloud models to ollama.com."] : []),
    ...(spec.profile.gateway === "process"
      ? ["No rule keeps a process of this user from the network."]
      : []),
    ...(roles.includes("ollama") &&
    spec.profile.gateway === "container" &&
    spec.profile.ollama === "container"
      ? ["While compose.pull.yaml is in use, a second Ollama fetches models from the internet."]
      : []),
  ];
}

function secrets(spec: DeploymentSpec): readonly string[] {
  return usedSecrets(spec).map((place) => {
    if (place.source === "file")
      return `The gateway can read ${place.name}, a file with mode 0400.`;
    if (place.source === "env") return `The gateway has ${place.name} in its environment.`;
    return `The gateway can run ${place.command} and get ${place.id}.`;
  });
}

function weakened(spec: DeploymentSpec): readonly string[] {
  return weakenings(spec).map(({ control, what }) => {
    const reason = spec.waivers.find((waiver) => waiver.control === control)?.reason ?? "none";
    return `**${control}**: ${what}. Reason: ${inText(reason)}`;
  });
}

function undefended(spec: DeploymentSpec): readonly string[] {
  const { gateway, name } = spec.profile;
  return [
    ...(gateway === "process"
      ? ["One uid: the model's process could change the record of its own skills."]
      : []),
    ...(gateway === "user-unit"
      ? [
          "The gateway runs as a person's uid: what that person can read, it can read, and no firewall rule is about it alone.",
        ]
      : []),
    ...(gateway === "container" && name !== "podman"
      ? ["Whoever may use Docker on this host is root on it."]
      : []),
    ...(name === "macos"
      ? [
          "No firewall rule is rendered for macOS: the container's proxy can reach the host's network.",
        ]
      : []),
    "Who has root, or the disk, has everything.",
    "A model can be talked into misusing what it may use: read its skills and channels as its powers.",
    "AGENTS.md in the agent's workspace is advice to the model: nothing enforces it.",
  ];
}

/** A reason is somebody's text: no markup, no line of its own. */
function inText(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ")
    .replaceAll(/[\\`*_[\]<>#|]/gu, String.raw`\$&`);
}
