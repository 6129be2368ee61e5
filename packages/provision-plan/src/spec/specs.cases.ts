import { profileNames } from "../profiles/profiles.ts";

/** A spec that holds, for renderers and judges: every profile as it is, and what a spec can switch on. */
export interface SpecCase {
  readonly name: string;
  readonly text: string;
}

const model: Readonly<Record<string, readonly string[]>> = {
  vps: ["  primary: openrouter/meta/llama-3.1-8b-instruct:free"],
  hybrid: [
    "  primary: openrouter/deepseek/deepseek-chat-v3.2",
    "  fallbacks: [ollama/llama3.2:3b]",
  ],
};

/** Each profile with as little as can be written. */
export const plainSpecs: readonly SpecCase[] = profileNames.map((profile) => ({
  name: profile,
  text: [
    "deploy: 1",
    `profile: ${profile}`,
    "models:",
    ...(model[profile] ?? ["  primary: ollama/gpt-oss:20b"]),
    "",
  ].join("\n"),
}));

/** What can be added to a profile. */
export const richSpecs: readonly SpecCase[] = [
  {
    name: "bare-metal of one user",
    text: "deploy: 1\nprofile: bare-metal\nmanager: user\nmodels: {primary: ollama/qwen2.5-coder:7b}\n",
  },
  {
    name: "named agents",
    text: `deploy: 1
name: many
profile: credentialless
models:
  primary: ollama/qwen2.5-coder:14b-instruct-q4_K_M
  numThread: 4
  numGpu: 20
agents:
  kimi: {model: ollama/kimi-k2.5:cloud}
  minimax: {model: ollama/minimax-m2.5:cloud}
  gpt-oss: {model: ollama/gpt-oss:120b-cloud}
  qwen-14b: {model: ollama/qwen2.5-coder:14b-instruct-q4_K_M}
  qwen-7b: {model: ollama/qwen2.5-coder:7b}
  phi3: {model: ollama/phi3:3.8b}
`,
  },
  {
    name: "channels, search and a command for secrets",
    text: `deploy: 1
profile: bare-metal
models: {primary: ollama/kimi-k2.5:cloud}
egress:
  mode: allowlist
  allow: [{host: api.telegram.org, why: messages}]
channels:
  telegram: {token: file:telegram-token}
  discord: {token: exec:op/discord}
  whatsapp: {}
secrets: {commands: {op: {command: /usr/bin/op, args: [read]}}}
capabilities: {webSearch: gemini, github: read}
allow: [{control: private-data-and-outward, reason: the workspace holds published pages only}]
`,
  },
  {
    name: "a search of its person",
    text: `deploy: 1
profile: notebook
models: {primary: ollama/kimi-k2.5:cloud}
egress: {mode: open}
capabilities: {webSearch: ollama}
allow: [{control: egress-open, reason: a notebook has the network of its person}]
`,
  },
  {
    name: "servers of MCP",
    text: `deploy: 1
profile: bare-metal
models: {primary: ollama/gpt-oss:20b}
privateData: false
egress: {mode: allowlist}
capabilities: {webSearch: grok, github: write}
mcp:
  files: {command: /opt/tools/files, args: [--root, /srv/public], tools: [list, read]}
  pages: {url: "https://mcp.example.net/v1", tools: [search]}
allow: [{control: mcp-command, reason: our own program of another team}]
`,
  },
  {
    name: "commands by approval, patches and an agent sandbox",
    text: `deploy: 1
profile: bare-metal
models: {primary: ollama/gpt-oss:20b}
exec: {mode: allowlist, applyPatch: {allowModels: [ollama/gpt-oss:20b]}}
sandbox: {backend: rootless, socket: rootless}
allow:
  - {control: exec-allowlist, reason: the portable form of a skill}
  - {control: apply-patch, reason: one model may change a scratch folder}
  - {control: socket-rootless, reason: containers of the agent's own user}
`,
  },
  {
    name: "Open WebUI beside the gateway",
    text: `deploy: 1
profile: credentialless
models: {primary: ollama/gpt-oss:20b}
extras: {openWebui: {port: 3210}}
`,
  },
  {
    name: "groups of tools, and a configuration of one's own",
    text: `deploy: 1
profile: cage
models: {primary: ollama/gpt-oss:20b}
openclaw: {include: own.json}
tools: {groups: [fs, sessions, memory, automation]}
allow:
  - {control: tool-groups, reason: a scratch workspace that nobody else uses}
  - {control: own-config, reason: themes and words of our own team}
`,
  },
  {
    name: "a notebook without a token",
    text: `deploy: 1
profile: notebook
models: {primary: ollama/qwen2.5-coder:7b}
gateway: {ui: true, auth: none}
allow: [{control: auth-none, reason: one person on one machine}]
`,
  },
  {
    name: "a tailnet",
    text: `deploy: 1
profile: vps
models: {primary: ollama/llama3.1:8b, endpoint: "http://ollama.example.net:11434"}
gateway: {ui: true, exposure: tailscale, origins: ["https://claw.example.ts.net"]}
`,
  },
  {
    name: "a proxy that knows its users",
    text: `deploy: 1
profile: vps
models: {primary: openrouter/deepseek/deepseek-chat-v3.2}
gateway:
  ui: true
  auth: trusted-proxy
  users: [alice@example.net]
  exposure: caddy
  origins: ["https://claw.example.net"]
`,
  },
];
