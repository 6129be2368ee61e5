/** OpenClaw's own form of a reference to a secret; it has one wherever a secret can stand, but in headers of MCP servers. */
export interface SecretReference {
  readonly source: "env" | "file" | "exec";
  /** A key of `secrets.providers`; `default` of source `env` needs none. */
  readonly provider: string;
  /** For `env` the name of the variable; for a file of one value, `value`. */
  readonly id: string;
}
