import { isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";
import { openOwnFile } from "@clawkeep/durable-files";
import type { Action } from "@clawkeep/skill-format";
import path from "node:path";

import type { ResolvedSecret } from "./scrub.ts";

/** The secrets of an action, or everything that keeps it from having them. */
export interface SecretResolution {
  readonly secrets: readonly ResolvedSecret[];
  readonly findings: readonly Finding[];
}

/** A shorter secret could not be removed from an output without destroying it. */
const minSecretBytes = 8;
const maxSecretBytes = 65_536;

/**
 * Reads the secrets that an action refers to. The only provider is `file:NAME`, the file of that name
 * in `secrets` of the state folder: a regular file of this user, open to nobody else, no link. One
 * line end at its end is not part of the value. Nothing comes from a workspace.
 *
 * Findings name references and never show a value.
 *
 * @param standIns Values by name that a test gives in their place.
 */
export async function resolveSecrets(
  action: Pick<Action, "secrets">,
  home: string,
  standIns?: Readonly<Record<string, string>>,
): Promise<SecretResolution> {
  const secrets: ResolvedSecret[] = [];
  const findings: Finding[] = [];
  for (const [name, { reference, as }] of Object.entries(action.secrets)) {
    const standIn = standIns?.[name];
    const value = standIn === undefined ? await readReference(reference, home) : { text: standIn };
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

async function readReference(
  reference: string,
  home: string,
): Promise<{ readonly text: string } | { readonly code: string; readonly fault: string }> {
  const name = /^file:([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/u.exec(reference)?.[1];
  if (name === undefined) {
    const fault = "expected file:NAME, NAME of letters, digits, `.`, `_` and `-`";
    return { code: "SECRET_REFERENCE_UNKNOWN", fault };
  }
  let bytes: Buffer;
  try {
    await using handle = await openOwnFile(path.join(home, "secrets", name));
    const { size } = await handle.stat();
    if (size > maxSecretBytes) {
      return { code: "SECRET_REFUSED", fault: `expected at most ${maxSecretBytes} bytes` };
    }
    bytes = await handle.readFile();
  } catch (error) {
    const fault = isCodedError(error) ? error.message : "there is no such file that can be read";
    return { code: "SECRET_UNREADABLE", fault };
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes)
      .replace(/\r?\n$/u, "");
  } catch {
    return { code: "SECRET_REFUSED", fault: "expected UTF-8" };
  }
  if (Buffer.byteLength(text) < minSecretBytes || text.includes("\0")) {
    const fault = `expected at least ${minSecretBytes} bytes without NUL: a shorter one could not be kept out of an output`;
    return { code: "SECRET_REFUSED", fault };
  }
  return { text };
}
