import { medianOf } from "../cold-query/measure.ts";
import type { Agent } from "./agent.ts";
import type { Checks } from "./checks.ts";
import type { Stand } from "./stand.ts";

/** Where the tool is, for calls without OpenClaw. */
export interface MeasuredTool {
  readonly url: string;
  readonly token: string;
  /** As OpenClaw names it. */
  readonly tool: string;
  readonly question: string;
}

const turns = 10;
const warmUpTurns = 3;
const callsATurn = 3;
const mostShare = 0.05;

/**
 * One call of the resident, sandboxed skill as a client over HTTP sees it, records included, as a share of a warm
 * turn through the gateway that makes one such call. The turn is what the gateway says it took: the
 * command that asks for it, and a model that thinks, would only make the share smaller.
 */
export async function measureWarmTurn(
  stand: Stand,
  agent: Agent,
  { url, token, tool, question }: MeasuredTool,
  checks: Checks,
): Promise<void> {
  stand.model.script([{ tool, arguments: { query: question, topk: 2 } }, { say: "done" }]);
  await using gateway = await agent.startGateway();
  const walls: number[] = [];
  const own: number[] = [];
  const direct: number[] = [];
  let failed = 0;
  // In turns, so that whatever else the machine does falls on both.
  for (let turn = -warmUpTurns; turn < turns; turn += 1) {
    const began = performance.now();
    const { code, durationMs = 0, text } = await gateway.turn(question, "agent:main:measured");
    const wall = performance.now() - began;
    if (code !== 0 || text !== "done" || stand.model.toolOutputs.length !== 1) failed += 1;
    for (let call = 0; call < callsATurn; call += 1) {
      const asked = performance.now();
      const body = await callTool(url, token, question);
      if (!body.includes("recovery.md")) failed += 1;
      if (turn >= 0) direct.push(performance.now() - asked);
    }
    if (turn >= 0) {
      walls.push(wall);
      own.push(durationMs);
    }
  }
  checks.equal("turns and calls that failed while measuring", failed, 0);
  const share = medianOf(direct) / medianOf(own);
  checks.figure(
    "a resident sandboxed call as a share of a warm turn (less than 5 %)",
    share < mostShare,
    `${(share * 100).toFixed(2)} %: ${medianOf(direct).toFixed(1)} ms of ${medianOf(own).toFixed(0)} ms in the gateway (medians of ${direct.length} calls, ${own.length} turns, alternating; with the command that asks ${medianOf(walls).toFixed(0)} ms: ${((medianOf(direct) / medianOf(walls)) * 100).toFixed(2)} %)`,
  );
}

async function callTool(url: string, token: string, query: string): Promise<string> {
  const params = { name: "local-rag_query", arguments: { query, topk: 2 } };
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
  });
  return response.text();
}
