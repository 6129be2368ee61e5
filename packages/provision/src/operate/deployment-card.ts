import { join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { readSmallFile, replaceFile } from "@clawkeep/durable-files";
import { z } from "zod";

/** Where the parts of a deployment that was applied here are. Written by apply; no secret is in it. */
export interface DeploymentCard {
  readonly version: 1;
  readonly name: string;
  readonly profile: string;
  /** What keeps its services. */
  readonly manager: "process" | "user-unit" | "system-unit" | "container";
  /** The `deploy.yaml` that was applied. */
  readonly spec: string;
  /** Folder that apply wrote the files into. */
  readonly folder: string;
  /** `openclaw.json` as this host has it. */
  readonly config: string;
  /** State of OpenClaw; in a container profile as the container has it. */
  readonly state: string;
  /** Exact version of OpenClaw. */
  readonly openclaw: string;
}

const absolute = z.string().startsWith("/");
const card: z.ZodType<DeploymentCard> = z.strictObject({
  version: z.literal(1),
  name: z.string().regex(/^[a-z][a-z0-9-]*$/u),
  profile: z.string(),
  manager: z.enum(["process", "user-unit", "system-unit", "container"]),
  spec: absolute,
  folder: absolute,
  config: absolute,
  state: absolute,
  openclaw: z.string(),
});

/** Remembers a deployment in its store; nothing is written when it is known already. */
export async function writeCard(store: string, one: DeploymentCard): Promise<void> {
  const bytes = `${JSON.stringify(one, undefined, 2)}\n`;
  const file = fileOf(store);
  if (readSmallFile(file)?.toString("utf8") !== bytes) await replaceFile(file, bytes);
}

/**
 * The card of a deployment.
 *
 * @throws CodedError `DEPLOYMENT_CARD` when there is none or it is something else
 */
export function readCard(store: string): DeploymentCard {
  const file = fileOf(store);
  try {
    const bytes = readSmallFile(file);
    return card.parse(JSON.parse(bytes?.toString("utf8") ?? ""));
  } catch (cause) {
    throw new CodedError({
      code: "DEPLOYMENT_CARD",
      message: `${file}: expected what \`claw apply\` writes about a deployment, got something else or nothing`,
      hint: "Run `claw apply` with its spec again: it writes nothing but this.",
      cause,
    });
  }
}

function fileOf(store: string): string {
  return join(store, "deployment.json");
}
