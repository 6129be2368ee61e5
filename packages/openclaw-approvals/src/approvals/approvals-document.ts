import type { ApprovalEntry } from "./approval-entry.ts";

/** What `openclaw approvals set --file` takes, version 1: a miss is denied, nobody is asked. */
export interface ApprovalsDocument {
  readonly version: 1;
  readonly defaults: Policy;
  readonly agents: Readonly<
    Record<string, Policy & { readonly allowlist: readonly ApprovalEntry[] }>
  >;
}

interface Policy {
  readonly security: "allowlist" | "deny";
  readonly ask: "off";
  readonly askFallback: "deny";
  /** Would allow every program that a skill names in its `requires`. */
  readonly autoAllowSkills: false;
}

/** The approvals of one agent. Every other agent may run nothing. */
export function approvalsDocument(
  agent: string,
  allowlist: readonly ApprovalEntry[],
): ApprovalsDocument {
  return {
    version: 1,
    defaults: policy("deny"),
    agents: { [agent]: { ...policy("allowlist"), allowlist } },
  };
}

/** The part of OpenClaw's configuration that goes with it, for `openclaw config patch`. */
export interface ExecConfiguration {
  readonly tools: {
    readonly exec: {
      readonly host: "gateway";
      readonly mode: "allowlist";
      readonly strictInlineEval: true;
      /** Empty: `| head` and five others would run beside every approved command otherwise. */
      readonly safeBins: readonly string[];
    };
  };
  readonly skills: { readonly load: { readonly extraDirs: readonly string[] } };
}

/** @param skillFolder Where the skills are that tell the agent what to call */
export function execConfiguration(skillFolder: string): ExecConfiguration {
  return {
    tools: {
      exec: { host: "gateway", mode: "allowlist", strictInlineEval: true, safeBins: [] },
    },
    skills: { load: { extraDirs: [skillFolder] } },
  };
}

function policy(security: Policy["security"]): Policy {
  return { security, ask: "off", askFallback: "deny", autoAllowSkills: false };
}
