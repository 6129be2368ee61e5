import { readFileSync } from "node:fs";
import path from "node:path";

import type { Ended } from "../openclaw/principal.ts";
import type { Deployment } from "./deployments.ts";

/** Where the parts of the deployment are. */
export interface Place {
  readonly state: string;
  readonly config: string;
  readonly token: () => string;
  readonly settings: () => {
    readonly gateway: {
      readonly port: number;
      readonly controlUi: { readonly allowedOrigins: readonly string[] };
    };
    readonly agents: { readonly defaults: { readonly model: unknown } };
    readonly logging?: unknown;
  };
}

export function placeOf({ owner, name }: Deployment): Place {
  const state = path.join(owner.home, `.openclaw-${name}`);
  const config = path.join(owner.home, ".config", `claw-${name}`, "openclaw.json");
  return {
    state,
    config,
    token: () => readFileSync(path.join(state, "secrets", "gateway-token"), "utf8").trim(),
    settings: () => JSON.parse(readFileSync(config, "utf8")) as ReturnType<Place["settings"]>,
  };
}

/** What a command printed as one JSON object. */
export function jsonOf({ stdout }: Ended): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

/** Exit code and the beginning of what was said. */
export function said({ code, stdout, stderr }: Ended): string {
  return `exit ${code}: ${stdout.trim().slice(0, 200)} ${stderr.trim().slice(0, 400)}`;
}

/** Status of a request with a token, for a tool that there is not. */
export async function answerTo(port: number, bearer: string): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${port}/tools/invoke`, {
    method: "POST",
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    body: JSON.stringify({ tool: "clawkeep_no_such_tool", args: {} }),
  });
  return status;
}

/** What failed, and what its gateway said meanwhile. */
export async function tell(one: Deployment, ended: Ended): Promise<void> {
  const { stdout } = await one.claw("logs", "-n", "60");
  process.stdout.write(`${ended.stdout}${ended.stderr}\n${stdout}\n`);
}
