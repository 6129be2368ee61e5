import type { Finding } from "@clawkeep/diagnostics";
import type { Action } from "@clawkeep/skill-format";

import { secretName } from "../configuration/runtime-configuration.ts";
import { runSecretCommand } from "./secret-command.ts";
import { readCredential, readSecretFile } from "./secret-file.ts";
import { refused, unknownReference, unreadable } from "./secret-sources.ts";
import type { FoundSecret, SecretFault, SecretSources } from "./secret-sources.ts";
import type { ResolvedSecret } from "./scrub.ts";

/** The secrets of an action, or everything that keeps it from having them. */
export interface SecretResolution {
  readonly secrets: readonly ResolvedSecret[];
  readonly findings: readonly Finding[];
}

/** A shorter secret could not be removed from an output without destroying it. */
const minSecretBytes = 8;

/**
 * Reads the secrets that an action refers to: `file:NAME`, `systemd-credential:NAME`, `env:NAME`,
 * `command:NAME`. One line end at the end is not part of a value. Nothing comes from a workspace.
 *
 * Findings name references and never show a value.
 *
 * @param from The state folder, or everything that references may lead to.
 * @param standIns Values by name that a test gives in their place.
 */
export async function resolveSecrets(
  action: Pick<Action, "secrets">,
  from: string | SecretSources,
  standIns?: Readonly<Record<string, string>>,
): Promise<SecretResolution> {
  const sources = typeof from === "string" ? { home: from } : from;
  const secrets: ResolvedSecret[] = [];
  const findings: Finding[] = [];
  for (const [name, { reference, as }] of Object.entries(action.secrets)) {
    const standIn = standIns?.[name];
    const value =
      standIn === undefined ? textOf(await find(reference, sources)) : { text: standIn };
    if ("fault" in value) {
      findings.push({
        code: value.code,
        severity: "error",
        message: `the secret ${name} (${reference}): ${value.fault}`,
        hint: "docs/runtime-config.md says where secrets are kept",
      });
    } else {
      secrets.push({ name, value: value.text, as: as ?? "file" });
    }
  }
  return { secrets: findings.length === 0 ? secrets : [], findings };
}

async function find(reference: string, sources: SecretSources): Promise<FoundSecret> {
  const at = reference.indexOf(":");
  const provider = reference.slice(0, at);
  const name = reference.slice(at + 1);
  if (!secretName.test(name)) {
    return unknownReference("expected PROVIDER:NAME, NAME of letters, digits, `.`, `_` and `-`");
  }
  const { environment = {}, variables = [], commands = {} } = sources;
  switch (provider) {
    case "file":
      return readSecretFile(name, sources);
    case "systemd-credential":
      return readCredential(name, sources);
    case "env": {
      if (!variables.includes(name)) {
        return unknownReference("config.yaml does not list it in secrets.environment");
      }
      const value = environment[name];
      return value === undefined
        ? unreadable("the runtime has no such variable")
        : { bytes: Buffer.from(value) };
    }
    case "command": {
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      return command === undefined
        ? unknownReference("config.yaml has no such command in secrets.commands")
        : runSecretCommand(command, environment);
    }
    default:
      return unknownReference("expected file, systemd-credential, env or command before the colon");
  }
}

function textOf(found: FoundSecret): SecretFault | { readonly text: string } {
  if ("fault" in found) return found;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(found.bytes)
      .replace(/\r?\n$/u, "");
  } catch {
    return refused("expected UTF-8");
  }
  if (Buffer.byteLength(text) < minSecretBytes || text.includes("\0")) {
    return refused(
      `expected at least ${minSecretBytes} bytes without NUL: a shorter one could not be kept out of an output`,
    );
  }
  return { text };
}
