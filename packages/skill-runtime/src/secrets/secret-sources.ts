import type { SecretCommand } from "../configuration/runtime-configuration.ts";

/** Where the values of secrets come from: all of it is for the owner of the runtime to say. */
export interface SecretSources {
  /** The state folder, whose `secrets` holds the files of `file:NAME`. */
  readonly home: string;
  /** The runtime's own variables. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Variables that `env:NAME` may refer to. */
  readonly variables?: readonly string[];
  /** What `command:NAME` runs. */
  readonly commands?: Readonly<Record<string, SecretCommand>>;
}

/** Why a secret cannot be had. Never says a value. */
export interface SecretFault {
  readonly code: string;
  readonly fault: string;
}

/** The bytes that a reference stands for, or what keeps them away. */
export type FoundSecret = { readonly bytes: Uint8Array } | SecretFault;

export const maxSecretBytes = 65_536;

/** A fault of a reference that nobody here knows. */
export function unknownReference(fault: string): SecretFault {
  return { code: "SECRET_REFERENCE_UNKNOWN", fault };
}

/** A fault of one that is known and cannot be had. */
export function unreadable(fault: string): SecretFault {
  return { code: "SECRET_UNREADABLE", fault };
}

/** A fault of a value that cannot be a secret here. */
export function refused(fault: string): SecretFault {
  return { code: "SECRET_REFUSED", fault };
}
