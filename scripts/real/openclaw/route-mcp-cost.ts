import { medianOf } from "../cold-query/measure.ts";
import { makeAgent } from "./agent.ts";
import type { Checks } from "./checks.ts";
import { httpServer, makeKeep, tokenOf } from "./keep-service.ts";
import type { Route, Stand } from "./stand.ts";

/**
 * One call of the resident, sandboxed skill as a client over HTTP sees it, records included, as a share of a warm
 * turn that makes one such call: `openclaw agent` from its start to its end, through a running gateway. A
 * model that thinks would only make the share smaller.
 */
export const route: Route = {
  number: 1,
  title: "MCP: what a call costs of a warm turn",
  run,
};

const question = "When do backups run?";
const turns = 8;
const warmUpTurns = 2;
const callsATurn = 3;
const mostShare = 0.05;

async function run(stand: Stand, checks: Checks): Promise<void> {
  const keep = await makeKeep(stand, "cost", {
    "recovery.md": "# Recovery\n\nBackups run every night at three.\n",
  });
  await using http = await keep.serve(["--http", "0", "--token", "gateway"]);
  const token = tokenOf(keep, "gateway");
  const agent = makeAgent(stand, {
    name: "cost",
    port: 18_799,
    environment: { KEEP_TOKEN: token },
    overrides: { mcp: { servers: { keep: httpServer(http.at) } } },
  });
  const { url, tool } = { url: http.at, tool: "keep__local-rag_query" };
  stand.model.script([{ tool, arguments: { query: question, topk: 2 } }, { say: "done" }]);
  await using gateway = await agent.startGateway();
  const walls: number[] = [];
  const own: number[] = [];
  const direct: number[] = [];
  const inside: number[] = [];
  let failed = 0;
  // In turns, so that whatever else the machine does falls on both.
  for (let turn = -warmUpTurns; turn < turns; turn += 1) {
    const began = performance.now();
    const { code, durationMs = 0, text } = await gateway.turn(question, "agent:main:cost");
    const wall = performance.now() - began;
    if (code !== 0 || text !== "done" || stand.model.toolOutputs.length !== 1) failed += 1;
    for (let call = 0; call < callsATurn; call += 1) {
      const asked = performance.now();
      const body = await callTool(url, token, question);
      if (!body.includes("recovery.md")) failed += 1;
      if (turn < 0) continue;
      direct.push(performance.now() - asked);
      inside.push(Number(/tookMs\\?":([0-9.]+)/u.exec(body)?.[1]));
    }
    if (turn >= 0) {
      walls.push(wall);
      own.push(durationMs);
    }
  }
  checks.equal("turns and calls that failed while measuring", failed, 0);
  const [call, turn, wall] = [medianOf(direct), medianOf(own), medianOf(walls)];
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  const of = `medians of ${direct.length} calls and ${own.length} turns, alternating`;
  checks.note("of a call the query itself", `${medianOf(inside).toFixed(1)} ms`);
  checks.note(
    "a call as a share of what the gateway alone takes, with a model that thinks nothing",
    `${percent(call / turn)}: ${call.toFixed(1)} ms of ${turn.toFixed(0)} ms (${of})`,
  );
  checks.figure(
    "a resident sandboxed call as a share of a warm turn (less than 5 %)",
    call / wall < mostShare,
    `${percent(call / wall)}: ${call.toFixed(1)} ms of ${wall.toFixed(0)} ms (${of})`,
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
