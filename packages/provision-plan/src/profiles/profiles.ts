import type { Profile, ProfileName } from "./profile.ts";

/** Paths inside the official image, whose user is `node`, uid 1000. */
const container = {
  gateway: "container",
  bind: "lan",
  controlUi: true,
  skills: "socket",
  state: "/home/node/.openclaw",
  workspace: "/home/node/.openclaw/workspace",
  secrets: "/run/secrets",
} as const;

/** Said of every deployment: what can be attacked at all. */
const always: readonly string[] = ["info summary.attack_surface"];

const profiles: Readonly<Record<ProfileName, Profile>> = {
  credentialless: {
    ...container,
    name: "credentialless",
    about:
      "the gateway in a container without any provider key; models and cloud through the host's Ollama",
    ollama: "host",
    providers: ["local", "ollama-cloud"],
    egress: "none",
    expectedAudit: always,
    rows: ["C1", "C2", "C12", "C14"],
  },
  cage: {
    ...container,
    name: "cage",
    about: "gateway and Ollama in containers without a route to the internet",
    ollama: "container",
    providers: ["local"],
    egress: "none",
    expectedAudit: always,
    rows: ["G1", "G2", "G6", "G8"],
  },
  "single-container": {
    ...container,
    name: "single-container",
    about: "gateway and Ollama in one container and one volume",
    ollama: "same-container",
    skills: "socket",
    state: "/data/openclaw",
    workspace: "/data/workspace",
    providers: ["local"],
    egress: "none",
    expectedAudit: always,
    rows: ["L1", "L4", "L7"],
  },
  vps: {
    name: "vps",
    about: "a small server: the gateway as a system unit, models only elsewhere",
    gateway: "system-unit",
    ollama: "none",
    bind: "loopback",
    controlUi: false,
    skills: "socket",
    providers: ["openrouter"],
    egress: "allowlist",
    state: "/var/lib/claw-NAME",
    workspace: "/var/lib/claw-NAME/workspace",
    secrets: "/run/credentials/claw-NAME-gateway.service",
    expectedAudit: always,
    rows: ["T3", "T4", "T6", "T7"],
  },
  "bare-metal": {
    name: "bare-metal",
    about: "gateway and Ollama as units of one Linux host",
    gateway: "system-unit",
    ollama: "host",
    bind: "loopback",
    controlUi: false,
    skills: "socket",
    providers: ["local", "ollama-cloud", "openrouter"],
    egress: "none",
    state: "/var/lib/claw-NAME",
    workspace: "/var/lib/claw-NAME/workspace",
    secrets: "/run/credentials/claw-NAME-gateway.service",
    expectedAudit: always,
    rows: ["T1", "T3"],
  },
  hybrid: {
    ...container,
    name: "hybrid",
    about:
      "a hosted model first, a local one when it does not answer; out only through an allowlist proxy",
    ollama: "container",
    providers: ["local", "openrouter"],
    egress: "allowlist",
    expectedAudit: always,
    rows: ["T7", "T8"],
  },
  notebook: {
    name: "notebook",
    about: "one person, one machine, one uid: nothing is defended against that uid itself",
    gateway: "process",
    ollama: "host",
    bind: "loopback",
    controlUi: false,
    skills: "stdio",
    providers: ["local", "ollama-cloud", "openrouter"],
    egress: "none",
    state: "~/.openclaw-NAME",
    workspace: "~/.openclaw-NAME/workspace",
    secrets: "~/.openclaw-NAME/secrets",
    expectedAudit: always,
    rows: ["S1", "S5", "S16"],
  },
  podman: {
    ...container,
    name: "podman",
    about: "the cage under rootless Podman, as Quadlet units",
    ollama: "container",
    providers: ["local"],
    egress: "none",
    expectedAudit: always,
    rows: ["G6", "G7"],
  },
  macos: {
    ...container,
    name: "macos",
    about: "the gateway in a container, Ollama native for the sake of Metal, under launchd",
    ollama: "host",
    providers: ["local", "ollama-cloud"],
    egress: "none",
    expectedAudit: always,
    rows: ["C4", "C6", "G22"],
  },
};

/** Names in the order of the documentation. */
export const profileNames: readonly ProfileName[] = Object.keys(profiles) as ProfileName[];

/** Each profile in one sentence. */
export function profileAbouts(): Readonly<Record<ProfileName, string>> {
  return Object.fromEntries(profileNames.map((name) => [name, profiles[name].about])) as Readonly<
    Record<ProfileName, string>
  >;
}

/** What a profile decides; `manager: user` makes the units of bare metal those of one user. */
export function profileOf(name: ProfileName, manager: "system" | "user"): Profile {
  const profile = profiles[name];
  if (name !== "bare-metal" || manager === "system") return profile;
  return {
    ...profile,
    gateway: "user-unit",
    state: "~/.local/state/claw-NAME",
    workspace: "~/.local/state/claw-NAME/workspace",
    secrets: "~/.config/claw-NAME/secrets",
  };
}
