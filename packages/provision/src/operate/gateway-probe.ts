import { setTimeout as pause } from "node:timers/promises";

/** One answer of a gateway. */
export interface ProbeAnswer {
  readonly path: string;
  readonly ok: boolean;
  /** HTTP status; undefined without an answer. */
  readonly status?: number;
  /** Parts that say that they fail. */
  readonly failing: readonly string[];
}

/** Asks the three endpoints that need no token. A port that merely answers something is not healthy (C17). */
export async function probeGateway(port: number): Promise<readonly ProbeAnswer[]> {
  return Promise.all([
    probe(port, "/healthz", "ok"),
    probe(port, "/startupz", "ready"),
    probe(port, "/readyz", "ready"),
  ]);
}

async function probe(port: number, path: string, key: "ok" | "ready"): Promise<ProbeAnswer> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      signal: AbortSignal.timeout(20_000),
      redirect: "error",
    });
    const { status } = answer;
    const said = (await answer.json()) as Readonly<Record<string, unknown>>;
    const failing = Array.isArray(said["failing"]) ? said["failing"].map(String) : [];
    return { path, ok: answer.ok && (said[key] === true || said["ok"] === true), status, failing };
  } catch {
    return { path, ok: false, failing: [] };
  }
}

/**
 * What a gateway answers to a token: 401 when it does not know it. The tool that is named does not
 * exist, so that nothing runs. The token goes in a header, never into a URL. A gateway that has just
 * become ready is busy: one that says nothing is asked again.
 *
 * @param tries How often; a second lies between two.
 * @returns undefined without an answer
 */
export async function tokenStatus(
  port: number,
  token: string,
  tries = 12,
): Promise<number | undefined> {
  for (let asked = 1; ; asked += 1) {
    const status = await askWith(port, token);
    if (status !== undefined || asked >= tries) return status;
    await pause(1000);
  }
}

async function askWith(port: number, token: string): Promise<number | undefined> {
  try {
    const { status } = await fetch(`http://127.0.0.1:${port}/tools/invoke`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ tool: "clawkeep_no_such_tool", args: {} }),
      signal: AbortSignal.timeout(10_000),
      redirect: "error",
    });
    return status;
  } catch {
    return undefined;
  }
}
