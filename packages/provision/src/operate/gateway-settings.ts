import { readFileSync } from "node:fs";

import { CodedError } from "@clawkeep/diagnostics";
import { z } from "zod";

/** What operating reads of `openclaw.json`, as it lies there now. */
export interface GatewaySettings {
  readonly port: number;
  /** Whether the Control UI is on. */
  readonly ui: boolean;
  readonly origins: readonly string[];
  /** File of the gateway's token; undefined when there is none or it is kept elsewhere. */
  readonly tokenFile?: string;
  /** Variables that the configuration refers to as secrets: a program that reads it needs them. */
  readonly variables: readonly string[];
}

const schema = z.looseObject({
  gateway: z.looseObject({
    port: z.int().min(1).max(65_535),
    controlUi: z
      .looseObject({
        enabled: z.boolean().optional(),
        allowedOrigins: z.array(z.string()).optional(),
      })
      .optional(),
    auth: z.looseObject({
      token: z.looseObject({ source: z.string(), provider: z.string() }).optional(),
    }),
  }),
  secrets: z
    .looseObject({
      providers: z.record(
        z.string(),
        z.looseObject({ source: z.string(), path: z.string().optional() }),
      ),
    })
    .optional(),
});

/** @throws CodedError `OPERATE_CONFIG` when it cannot be read or is not what apply writes */
export function readGatewaySettings(file: string): GatewaySettings {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    const { gateway, secrets } = schema.parse(value);
    const { token } = gateway.auth;
    const provider = token?.source === "file" ? secrets?.providers[token.provider] : undefined;
    return {
      port: gateway.port,
      ui: gateway.controlUi?.enabled ?? true,
      origins: gateway.controlUi?.allowedOrigins ?? [],
      variables: [...new Set(variablesIn(value))].toSorted(),
      ...(provider?.path === undefined ? {} : { tokenFile: provider.path }),
    };
  } catch (cause) {
    throw new CodedError({
      code: "OPERATE_CONFIG",
      message: `${file}: expected the openclaw.json of a deployment, could not read it as one`,
      hint: "`claw apply --dry-run` shows what was changed in it; `claw apply` writes it anew.",
      cause,
    });
  }
}

/** Names of all references `{source: "env", id}`. */
function variablesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(variablesIn);
  if (typeof value !== "object" || value === null) return [];
  const { source, id } = value as { readonly source?: unknown; readonly id?: unknown };
  const isReference = source === "env" && typeof id === "string" && /^[A-Z][A-Z0-9_]*$/u.test(id);
  return isReference ? [id] : Object.values(value).flatMap(variablesIn);
}
