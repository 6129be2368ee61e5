/** What reads an artifact. */
export type ArtifactKind =
  | "openclaw-config"
  | "mcporter-config"
  | "agent-advice"
  | "environment"
  | "modelfile"
  | "compose"
  | "compose-variables"
  | "dockerfile"
  | "systemd-unit"
  | "sysusers"
  | "tmpfiles"
  | "sysctl"
  | "quadlet"
  | "launchd-plist"
  | "nftables"
  | "iptables"
  | "ufw"
  | "caddyfile"
  | "squid"
  | "ssh-config"
  | "exposed-page";

/** One file of a deployment, made by a pure function of the spec and the place. No secret is ever in one. */
export interface Artifact {
  /** Relative to the deployment's folder, `/` between names, never `..`; unique in a deployment. */
  readonly path: string;
  readonly kind: ArtifactKind;
  readonly mode: 0o600 | 0o640 | 0o644;
  /** UTF-8, a newline at its end. */
  readonly text: string;
  /** Who must own it, as ids of the host; the user who applies when absent. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Absolute path where the host looks for it. Without one it is used where it lies. */
  readonly install?: string;
}
