import { Agent, request } from "node:http";

import type { RagServer } from "./server.ts";

/** What came of one request. */
export interface Outcome {
  readonly kind: string;
  readonly milliseconds: number;
  /** `ok`; the code of a refusal; anything else is a failure, and says which. */
  readonly result: string;
  readonly verdict: "right" | "refused" | "wrong";
}

/** A thing that is asked again and again, and what it is known by. */
export interface Errand {
  readonly kind: string;
  readonly path: string;
  readonly body: unknown;
  /** Whether this answer is the right one. */
  readonly isRight: (answer: unknown) => boolean;
}

/** Refusals that say what is the case: the worker died, or more was asked than is taken. */
const refusals = new Set(["WORKER_ENDED", "WORKER_DOWN", "HTTP_FULL", "HTTP_RATE"]);

/** Asks one errand after another until the time is over. */
export async function client(
  server: RagServer,
  errands: readonly Errand[],
  until: () => boolean,
  note: (outcome: Outcome) => void,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let turn = 0; !until(); turn += 1) {
    const errand = errands[turn % errands.length];
    if (errand === undefined) break;
    const began = performance.now();
    const { result, verdict } = await ask(server, agent, errand);
    note({ kind: errand.kind, milliseconds: performance.now() - began, result, verdict });
    // A refused client waits a little, as real ones do.
    if (verdict === "refused") await new Promise((resolve) => setTimeout(resolve, 50));
  }
  agent.destroy();
}

async function ask(
  server: RagServer,
  agent: Agent,
  errand: Errand,
): Promise<Pick<Outcome, "result" | "verdict">> {
  try {
    const { status, text } = await post(server, agent, errand);
    const answer: unknown = JSON.parse(text);
    if (status === 200) {
      if (errand.isRight(answer)) return { result: "ok", verdict: "right" };
      // A tool of MCP says in its result what went wrong.
      const told = /"text":"([A-Z_]+): /u.exec(text)?.[1];
      return told !== undefined && refusals.has(told)
        ? { result: told, verdict: "refused" }
        : { result: `wrong answer: ${text.slice(0, 300)}`, verdict: "wrong" };
    }
    const code = /"code":"([A-Z_]+)"/u.exec(text)?.[1] ?? text.slice(0, 300);
    return { result: code, verdict: refusals.has(code) ? "refused" : "wrong" };
  } catch (error) {
    return { result: String(error), verdict: "wrong" };
  }
}

function post(
  { port, token }: RagServer,
  agent: Agent,
  { path, body }: Errand,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    const sent = request({ port, host: "127.0.0.1", method: "POST", path, headers, agent });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        // A reply of MCP may come as an event.
        resolve({
          status: response.statusCode ?? 0,
          text: /^data: (.*)$/mu.exec(text)?.[1] ?? text,
        });
      });
    });
    sent.end(JSON.stringify(body));
  });
}
