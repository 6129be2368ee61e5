import type { ProfileName } from "../profiles/profile.ts";

/** What somebody says about the deployment that they want. */
export interface InitialAnswers {
  readonly name: string;
  readonly profile: ProfileName;
  /** Why this profile, of the advice for the host. */
  readonly profileWhy?: string;
  readonly model: string;
  readonly modelWhy?: string;
  readonly fallback?: string;
  readonly contextTokens?: number;
  /** Form of the context in memory, where it is not 16 bits. */
  readonly cache?: "q8_0" | "q4_0";
  readonly port?: number;
  readonly ui: boolean;
  readonly exposure: "loopback" | "ssh" | "tailscale" | "caddy";
  readonly origin?: string;
  /** Whether something may leave at all; what does is a list of hosts. */
  readonly internet: boolean;
  readonly search?: "ollama" | "gemini" | "grok";
  readonly channels: readonly ("telegram" | "discord" | "whatsapp")[];
  /** Why private files may stand beside search and a channel. */
  readonly reason?: string;
  readonly privateData: boolean;
  /** `false` keeps the model off a GPU that is there. */
  readonly gpu: boolean;
}

/** Hosts that a channel talks to; those of models and of search are on the list by themselves. */
const hosts: Readonly<Record<string, readonly string[]>> = {
  telegram: ["api.telegram.org"],
  discord: ["discord.com", "gateway.discord.gg"],
  whatsapp: ["web.whatsapp.com"],
};

/** A first `deploy.yaml`, with the reasons beside the values. What the profile decides is left out. */
export function initialSpec(answers: InitialAnswers): string {
  const { name, profile, model, fallback, contextTokens, cache, channels, internet } = answers;
  return [
    "# What claw makes of this machine. claw check says what is wrong, claw plan what would change.",
    "deploy: 1",
    `name: ${name}`,
    line(`profile: ${profile}`, answers.profileWhy),
    "models:",
    line(`  primary: ${model}`, answers.modelWhy),
    ...(fallback === undefined ? [] : [`  fallbacks: [${fallback}]`]),
    ...(contextTokens === undefined ? [] : [`  contextTokens: ${contextTokens}`]),
    ...(answers.gpu ? [] : [line("  numGpu: 0", "the GPU stays free")]),
    ...(cache === undefined
      ? []
      : [line(`ollama: {OLLAMA_KV_CACHE_TYPE: ${cache}}`, "a context in less memory")]),
    ...gatewayLines(answers),
    ...(internet ? egressLines(answers) : [line("egress: {mode: none}", "nothing leaves")]),
    ...(channels.length === 0
      ? []
      : [
          line("channels:", "who writes is paired first"),
          ...channels.map((channel) =>
            channel === "whatsapp"
              ? "  whatsapp: {}"
              : `  ${channel}: {token: file:${channel}-token}`,
          ),
        ]),
    ...(answers.search === undefined ? [] : [`capabilities: {webSearch: ${answers.search}}`]),
    ...privacyLines(answers),
    "",
  ].join("\n");
}

function gatewayLines({ port, ui, exposure, origin }: InitialAnswers): readonly string[] {
  const parts = [
    ...(port === undefined ? [] : [`port: ${port}`]),
    `ui: ${ui}`,
    `exposure: ${exposure}`,
    ...(origin === undefined ? [] : [`origins: [${JSON.stringify(origin)}]`]),
  ];
  return [line(`gateway: {${parts.join(", ")}}`, "it listens on loopback only")];
}

function egressLines({ channels }: InitialAnswers): readonly string[] {
  const rows = channels.flatMap((user) =>
    (hosts[user] ?? []).map((host) => `    - {host: ${host}, why: ${user}}`),
  );
  return [
    line("egress:", "by a proxy, to these hosts and no others"),
    "  mode: allowlist",
    ...(rows.length === 0 ? [] : ["  allow:", ...rows]),
  ];
}

function privacyLines(answers: InitialAnswers): readonly string[] {
  const { privateData, reason, channels, search } = answers;
  if (!privateData) return [line("privateData: false", "the workspace holds nothing private")];
  if (reason === undefined || channels.length === 0 || search === undefined) return [];
  return ["allow:", `  - {control: private-data-and-outward, reason: ${JSON.stringify(reason)}}`];
}

/** A comment is one line, whatever the reason was. */
function line(text: string, why: string | undefined): string {
  return why === undefined ? text : `${text} # ${why.replaceAll(/\s+/gu, " ")}`;
}
