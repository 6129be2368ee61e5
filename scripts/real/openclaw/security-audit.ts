import type { Agent } from "./agent.ts";

interface AuditFinding {
  readonly checkId: string;
  readonly severity: "critical" | "warn" | "info";
}

/** What OpenClaw's own `security audit` says of a configuration: ids, sorted. */
export interface SecurityAudit {
  readonly critical: readonly string[];
  readonly warn: readonly string[];
  readonly info: readonly string[];
}

/** The command's exit code is 0 whatever it found: only its JSON tells. */
export async function securityAudit(agent: Agent): Promise<SecurityAudit> {
  const { code, stdout, stderr } = await agent.run(["security", "audit", "--json"]);
  const from = stdout.indexOf("{");
  if (code !== 0 || from < 0) {
    throw new Error(`security audit: exit ${code}\n${stdout.slice(-1000)}${stderr.slice(-2000)}`);
  }
  const { findings } = JSON.parse(stdout.slice(from)) as { findings: readonly AuditFinding[] };
  const of = (severity: AuditFinding["severity"]): readonly string[] =>
    findings
      .filter((finding) => finding.severity === severity)
      .map(({ checkId }) => checkId)
      .toSorted();
  return { critical: of("critical"), warn: of("warn"), info: of("info") };
}

/** The hardened configuration without Control UI. `extra` are the warnings that a route brings with it. */
export function expectedAudit(extra: readonly string[] = []): SecurityAudit {
  return {
    critical: [],
    warn: extra.toSorted(),
    info: ["summary.attack_surface"],
  };
}
