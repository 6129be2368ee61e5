import type { ExecutionEnd, ExecutionStart } from "../src/records.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}` as const;

/** A start as a runtime would state it. */
export const sampleStart: ExecutionStart = {
  runtime: { name: "@clawkeep/skill-runtime", version: "0.1.0" },
  caller: {
    observed: { transport: "cli", uid: 1000, pid: 4242, parent: { pid: 1, name: "bash", digest } },
    claimed: { agent: "an agent \u202e\u001b[31m", session: "7" },
  },
  skill: {
    name: "local-rag",
    folderDigest: digest,
    contractDigest: digest,
    closureDigest: digest,
    closure: "complete",
  },
  action: "query",
  form: "oneshot",
  arguments: {
    query: { keyed: `hmac-sha256:${"ab".repeat(32)}`, bytes: 31 },
    topk: { stored: 5 },
    label: { stored: ["naïve 日本語 🦀", null, true, 1.5] },
  },
  environment: ["TZ", "LANG"],
  roots: { index: { access: "read", path: { stored: ".clawkeep/index" } } },
  sandbox: { level: "bubblewrap", required: "bubblewrap", version: "0.8.0" },
  network: "none",
  limits: { timeoutMs: 10_000, stdoutBytes: 1_000_000, stderrBytes: 65_536 },
};

/** The end of an execution as a runtime would state it. */
export function sampleEnd(execution: string): ExecutionEnd {
  return {
    execution,
    ended: "exited",
    exitCode: 0,
    signal: null,
    meaning: "done",
    durationMs: 37,
    level: "bubblewrap",
    resources: { maxRssBytes: 50_331_648, cpuMs: 41, processes: 3 },
    limitedBy: { memory: "watchdog", openFiles: "rlimit" },
    stdout: { digest, bytes: 812, truncated: false },
    stderr: { digest, bytes: 0, truncated: false },
    provenance: { snapshotRoot: digest },
    notes: [],
  };
}
