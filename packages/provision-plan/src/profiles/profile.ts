/** How a deployment is laid out. */
export type ProfileName =
  | "credentialless"
  | "cage"
  | "single-container"
  | "vps"
  | "bare-metal"
  | "hybrid"
  | "notebook"
  | "podman"
  | "macos";

/** Where the models run that the gateway asks. */
export type OllamaPlace = "host" | "container" | "same-container" | "remote" | "none";

/** What one profile decides. Everything that is rendered for it comes from here and from the spec. */
export interface Profile {
  readonly name: ProfileName;
  readonly about: string;
  readonly gateway: "container" | "system-unit" | "user-unit" | "process";
  readonly ollama: OllamaPlace;
  /** Where the gateway listens: inside a container that is `lan`, and the published port is on loopback. */
  readonly bind: "loopback" | "lan";
  /** Whether the Control UI is on unless the spec says otherwise. */
  readonly controlUi: boolean;
  /** How the gateway reaches the skills service, which has a uid of its own, but in a notebook. */
  readonly skills: "socket" | "stdio";
  /** Which providers may be written: what needs a key or a route that the profile lacks is refused. */
  readonly providers: readonly ("local" | "ollama-cloud" | "openrouter")[];
  readonly egress: "none" | "allowlist";
  /** Folders as the gateway's process sees them. `~` is the home of the user who runs it. */
  readonly state: string;
  readonly workspace: string;
  /** Folder with one file for each secret, mode 0400. */
  readonly secrets: string;
  /** What OpenClaw's audit says of the profile as it is, as `warn some.check`; anything else is red. */
  readonly expectedAudit: readonly string[];
  readonly rows: readonly string[];
}
