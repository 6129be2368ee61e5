import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import path from "node:path";

import { openAuditLog } from "../../../packages/audit-log/src/index.ts";
import type {
  AuditLog,
  ExecutionEnd,
  ExecutionStart,
} from "../../../packages/audit-log/src/index.ts";

/** As many as one commit takes. */
const atOnce = 16;

/**
 * Records executions, as the runtime does, until the log has that many bytes, all in one segment, so that
 * there is one file to compare with; gives how many records.
 */
export async function writeLog(folder: string, leastBytes: number): Promise<number> {
  const log = await openAuditLog({ folder, segmentBytes: Infinity, segmentRecords: Infinity });
  let executions = 0;
  while (statSync(path.join(folder, "log.ndjson")).size < leastBytes) {
    for (let turn = 0; turn < 100; turn += 1) {
      const first = executions;
      await Promise.all(Array.from({ length: atOnce }, (_, index) => record(log, first + index)));
      executions += atOnce;
    }
  }
  await log.close();
  return 2 * executions;
}

async function record(log: AuditLog, number: number): Promise<void> {
  const { id } = await log.start(startOf(log, number));
  await log.end(endOf(id, number));
}

function startOf(log: AuditLog, number: number): ExecutionStart {
  const query = `what was decided in meeting ${number}?`;
  return {
    runtime: { name: "@clawkeep/skill-runtime", version: "0.1.0" },
    caller: {
      observed: {
        transport: "mcp-stdio",
        uid: 1000,
        pid: 4000 + (number % 1000),
        parent: { pid: 1, name: "openclaw-gateway", digest: digestOf("gateway") },
      },
      claimed: { client: "openclaw", session: `agent:main:${number % 97}` },
    },
    skill: {
      name: "local-rag",
      folderDigest: digestOf("folder"),
      contractDigest: digestOf("contract"),
      closureDigest: digestOf("closure"),
      closure: "complete",
    },
    action: "query",
    form: "oneshot",
    arguments: {
      query: { keyed: log.keyedDigest(query), bytes: query.length },
      topk: { stored: 1 + (number % 10) },
      label: { stored: number % 20 === 0 ? `Überschrift „${number}“` : `heading ${number}` },
    },
    environment: ["LANG", "TZ"],
    roots: { index: { access: "read", path: { stored: ".clawkeep/index" } } },
    sandbox: { level: "bubblewrap", required: "bubblewrap", version: "0.8.0" },
    network: "none",
    limits: { timeoutMs: 10_000, stdoutBytes: 1_000_000, stderrBytes: 65_536 },
  };
}

function endOf(execution: string, number: number): ExecutionEnd {
  return {
    execution,
    ended: "exited",
    exitCode: number % 50 === 0 ? 1 : 0,
    signal: null,
    meaning: "done",
    durationMs: 30 + (number % 70),
    level: "bubblewrap",
    resources: { maxRssBytes: 50_331_648 + number, cpuMs: number % 90, processes: 3 },
    limitedBy: { memory: "watchdog", openFiles: "rlimit" },
    stdout: { digest: digestOf(`stdout ${number}`), bytes: 812 + number, truncated: false },
    stderr: { digest: digestOf(""), bytes: 0, truncated: false },
    provenance: { snapshotRoot: digestOf("snapshot") },
    notes: [],
  };
}

function digestOf(text: string): `sha256:${string}` {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
