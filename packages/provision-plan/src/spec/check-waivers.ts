import type { DeploymentSpec } from "./deployment-spec.ts";
import type { SpecProblem } from "./spec-problem.ts";
import type { Control, ToolGroup } from "./written-spec.ts";

/** What weakens a control in this spec: where it is written, and what it means. */
interface Weakening {
  readonly control: Control;
  readonly path: SpecProblem["path"];
  readonly what: string;
}

/** What a group of tools does beyond reading what the agent has anyway. */
const acts: Readonly<Partial<Record<ToolGroup, string>>> = {
  fs: "writes files of the workspace",
  ui: "browsers and pages",
  automation: "schedules, and settings of the gateway",
  messaging: "messages of its own accord",
  nodes: "paired devices, with their screens and keyboards",
};

/** Groups by which something can be sent away. */
const outward: ReadonlySet<ToolGroup> = new Set(["ui", "messaging", "nodes"]);

/** Every weakening of a spec, waived or not: the page "what is still exposed" starts from it. */
export function weakenings(spec: DeploymentSpec): readonly Weakening[] {
  const found: Weakening[] = [];
  const say = (control: Control, path: SpecProblem["path"], what: string): void => {
    found.push({ control, path, what });
  };
  if (spec.gateway.auth === "none") {
    say("auth-none", ["gateway", "auth"], "whoever reaches the port is the operator (S5)");
  }
  if (spec.exec.mode === "allowlist") {
    say(
      "exec-allowlist",
      ["exec", "mode"],
      "commands run under the gateway's uid: no second principal",
    );
  }
  if (spec.exec.mode === "full") {
    say("exec-full", ["exec", "mode"], "the model runs any command as the gateway's uid (L16)");
  }
  if (spec.exec.applyPatch.length > 0) {
    say("apply-patch", ["exec", "applyPatch"], "a model may change files of the workspace (S4)");
  }
  if (spec.egress.mode === "open") {
    say("egress-open", ["egress", "mode"], "anything that is read can be sent anywhere");
  }
  if (spec.sandbox.socket !== "none") {
    say(
      `socket-${spec.sandbox.socket}`,
      ["sandbox", "socket"],
      spec.sandbox.socket === "rootless"
        ? "the gateway can start containers as its user (G12)"
        : "who may create containers is root on the host (G12)",
    );
  }
  if (Object.values(spec.mcp).some((one) => "command" in one && one.command !== "")) {
    say("mcp-command", ["mcp"], "a program of somebody else runs as the gateway's uid (T20)");
  }
  const acting = spec.toolGroups.filter((group) => acts[group] !== undefined);
  if (acting.length > 0) {
    const what = acting.map((group) => `${group}: ${acts[group] ?? ""}`).join("; ");
    say("tool-groups", ["tools", "groups"], `an agent has ${what} (L24)`);
  }
  if (spec.include !== undefined) {
    say(
      "own-config",
      ["openclaw", "include"],
      `${spec.include} can add to openclaw.json what no judge reads (L24)`,
    );
  }
  const { webSearch, github } = spec.capabilities;
  const remote = Object.values(spec.mcp).some((server) => "url" in server);
  const isOutward =
    Object.keys(spec.channels).length > 0 ||
    github === "write" ||
    remote ||
    spec.toolGroups.some((group) => outward.has(group));
  const isReaching = webSearch !== undefined || github !== undefined || remote;
  if (spec.privateData && isReaching && isOutward) {
    say(
      "private-data-and-outward",
      ["capabilities"],
      "private data, foreign text and a way out in one agent (C25)",
    );
  }
  return found;
}

/** Each weakening needs a waiver with a reason, and each waiver a weakening. */
export function checkWaivers(spec: DeploymentSpec): readonly SpecProblem[] {
  const found = weakenings(spec);
  const problems: SpecProblem[] = [];
  for (const { control, path, what } of found) {
    if (spec.waivers.some((waiver) => waiver.control === control)) continue;
    problems.push({
      code: "DEPLOY_WAIVER_MISSING",
      severity: "error",
      path,
      message: `expected a waiver of ${control}, got none: ${what}`,
      hint: `If it must be, write allow: [{control: ${control}, reason: …}]; it will be listed as exposed.`,
    });
  }
  for (const [index, { control }] of spec.waivers.entries()) {
    if (found.some((one) => one.control === control)) continue;
    problems.push({
      code: "DEPLOY_WAIVER_UNUSED",
      severity: "warning",
      path: ["allow", index],
      message: `nothing in this file needs a waiver of ${control}`,
      hint: "Remove it, so that it does not allow what somebody writes later.",
    });
  }
  if (spec.exec.mode !== "deny" && spec.profile.gateway === "container") {
    problems.push({
      code: "DEPLOY_EXEC_BESIDE_TOKEN",
      severity: "error",
      path: ["exec", "mode"],
      message: `expected exec deny in profile ${spec.profile.name}, got ${spec.exec.mode}: a command would run beside the files in /run/secrets, as their owner`,
      hint: "Take a profile without containers (bare-metal), or leave exec denied.",
    });
  }
  return problems;
}
