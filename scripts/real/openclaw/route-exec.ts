import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import path from "node:path";

import type { Agent, Gateway } from "./agent.ts";
import type { Checks } from "./checks.ts";
import { approveLocalRag, openFolder } from "./exec-approvals.ts";
import type { ApprovedAgent } from "./exec-approvals.ts";
import { escapes } from "./exec-escapes.ts";
import type { Escape, ExecCall } from "./exec-escapes.ts";
import { checkPatternSemantics } from "./exec-pattern-canary.ts";
import { makeKeep } from "./keep-service.ts";
import type { Keep } from "./keep-service.ts";
import { runAs } from "./principal.ts";
import { expectedAudit, securityAudit } from "./security-audit.ts";
import type { Route, Stand } from "./stand.ts";

/** The tool `exec`, allowed for one launcher by approvals that `clawkeep-skill` wrote. */
export const route: Route = {
  number: 2,
  title: "exec: local-rag through a launcher, and every way around it",
  run,
};

const fact = "The restore key of the archive lies in the blue cabinet of room 214, second shelf.";
const documents = { "recovery.md": `# Recovery\n\n${fact}\n` };
const otherDocuments = { "recovery.md": "# Recovery\n\nThe restore key is in the other index.\n" };

async function run(stand: Stand, checks: Checks): Promise<void> {
  const approved = await approveLocalRag(stand, documents);
  const { agent, keep } = approved;
  await checkFound(agent, checks);
  checks.equal(
    "OpenClaw's security audit",
    await securityAudit(agent),
    expectedAudit(["tools.exec.fs_tools_disabled_but_exec_enabled"]),
  );
  const elsewhere = openFolder(stand, "elsewhere");
  const other = await makeKeep({ ...stand, service: stand.gateway }, "other", otherDocuments);
  {
    await using gateway = await agent.startGateway();
    await checkTemplate(stand, gateway, approved, checks);
    await checkThatTrapsWork(stand, approved, elsewhere, checks);
    await checkEscapes(stand, gateway, { approved, other, elsewhere }, checks);
  }
  const verified = await keep.skill(["audit", "verify"]);
  checks.equal("the records verify", verified.code, 0);
  await checkPatternSemantics(stand, checks);
}

async function checkFound(agent: Agent, checks: Checks): Promise<void> {
  const { stdout } = await agent.run(["skills", "check", "--json"]);
  const { eligible = [] } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as {
    readonly eligible?: readonly (string | { readonly name: string })[];
  };
  const names = eligible.map((one) => (typeof one === "string" ? one : one.name));
  checks.that("skills check finds SKILL.md", names.includes("local-rag"), names.join(", "));
}

/** The stand-in reads SKILL.md where OpenClaw's prompt says it is, and calls what it says. */
async function checkTemplate(
  stand: Stand,
  gateway: Gateway,
  { folder, launcher, keep }: ApprovedAgent,
  checks: Checks,
): Promise<void> {
  const file = path.join(folder, "skills/local-rag/SKILL.md");
  stand.model.script([
    { tool: "read", arguments: { path: file } },
    ([text = ""]) => {
      const form = /^- `(\S+ query query=)'…'/mu.exec(text)?.[1] ?? "echo no template in SKILL.md";
      return { tool: "exec", arguments: { command: `${form}'Where is the restore key?'` } };
    },
    (outputs) => {
      const found = runIn(outputs[1] ?? "");
      return { say: `${found?.text ?? outputs.join(" ")} Source: ${found?.source ?? "none"}` };
    },
  ]);
  const turn = await gateway.turn("Where is the restore key?", "agent:main:template");
  const prompt = stand.model.requests[0]?.messages.map(({ content }) => content).join("\n") ?? "";
  checks.that("the prompt names the skill's place", prompt.includes(file), file);
  checks.that(
    "the turn answers from the index, with its source",
    turn.code === 0 && turn.text.includes(fact) && turn.text.includes("recovery.md:"),
    turn.text === "" ? turn.ended.stderr : turn.text,
  );
  checks.equal("it is one run in the record", (await recordedRuns(keep)).length, 1);
  checks.that("what ran", existsSync(launcher), launcher);
}

/** Otherwise an empty folder would mean nothing. */
async function checkThatTrapsWork(
  stand: Stand,
  { keep, launcher }: ApprovedAgent,
  elsewhere: string,
  checks: Checks,
): Promise<void> {
  const trap = path.join(elsewhere, "trap");
  mkdirSync(trap);
  chmodSync(trap, 0o777);
  const environment = { CLAWKEEP_HOME: path.join(trap, "state"), NODE_COMPILE_CACHE: trap };
  const { node, clone } = stand.world;
  const program = [node, path.join(clone, "apps/skill/dist/main.js")];
  const bare = [...program, "run", "local-rag", "--arg", "query=restore key"];
  await runAs(stand.gateway, bare, { environment, cwd: keep.workspace });
  const made = readdirSync(trap);
  checks.that("without the launcher these variables have effect", made.length > 1, made.join(", "));
  await runAs(stand.gateway, ["/bin/rm", "-r", ...made.map((name) => path.join(trap, name))]);
  await runAs(stand.gateway, [launcher, "query", "query=restore key"], { environment });
  checks.equal("with it they have none", readdirSync(trap), []);
  await runAs(stand.gateway, ["/bin/rmdir", trap]);
}

interface Tried {
  readonly approved: ApprovedAgent;
  readonly other: Keep;
  readonly elsewhere: string;
}

async function checkEscapes(
  stand: Stand,
  gateway: Gateway,
  { approved: { launcher, keep }, other, elsewhere }: Tried,
  checks: Checks,
): Promise<void> {
  const linked = `${elsewhere}-link`;
  mkdirSync(linked);
  symlinkSync(launcher, path.join(linked, "linked"));
  copyFileSync(launcher, path.join(elsewhere, "clawkeep-local-rag"));
  const before = await recordedRuns(keep);
  const otherBefore = await recordedRuns(other);
  const [reference] = before;
  const all = escapes({ launcher, elsewhere, other: other.workspace, state: other.home });
  const ids = new Set<string>();
  for (let start = 0; start < all.length; start += turnLength) {
    const part = all.slice(start, start + turnLength);
    const outputs = await outputsOf(
      stand,
      gateway,
      part.map(({ call }) => call),
      start,
    );
    const records = new Map((await recordedRuns(keep)).map((record) => [record.id, record]));
    for (const [index, escape] of part.entries()) {
      judge(escape, outputs[index] ?? "", { records, reference, ids }, checks);
    }
  }
  const ran = all.filter(({ wanted }) => wanted === "same").length;
  checks.equal(
    "runs in the log, without one more",
    (await recordedRuns(keep)).length,
    before.length + ran,
  );
  checks.equal("runs in the other log", await recordedRuns(other), otherBefore);
  checks.equal("what was made elsewhere", readdirSync(elsewhere), ["clawkeep-local-rag"]);
  checks.note(
    "escapes",
    `${all.length}, of them ${all.length - ran} denied, ${ran} without effect`,
  );
}

/** Calls in one turn: a session keeps what every tool said. */
const turnLength = 20;

async function outputsOf(
  stand: Stand,
  gateway: Gateway,
  calls: readonly ExecCall[],
  turn: number,
): Promise<readonly string[]> {
  stand.model.script(calls.map((call) => ({ tool: "exec", arguments: call })));
  await gateway.turn("go on", `agent:main:escapes-${turn}`);
  return stand.model.toolOutputs;
}

interface Known {
  readonly records: ReadonlyMap<string, RecordedRun>;
  readonly reference: RecordedRun | undefined;
  /** Runs that were counted already. */
  readonly ids: Set<string>;
}

function judge(
  { name, wanted }: Escape,
  output: string,
  { records, reference, ids }: Known,
  checks: Checks,
): void {
  const found = runIn(output);
  if (found === undefined) {
    const isDenied = /denied|Security Violation|not (?:available|allowed|supported)|invalid/iu.test(
      output,
    );
    checks.that(`escape ${name}`, wanted === "denied" && isDenied, brief(output));
    return;
  }
  const record = records.get(found.id);
  const isSame =
    record !== undefined &&
    record.what === reference?.what &&
    !ids.has(found.id) &&
    found.text.includes(fact);
  ids.add(found.id);
  checks.that(
    `escape ${name}`,
    wanted === "same" && isSame,
    isSame ? "ran: same binary, same log, same index" : `ran otherwise: ${record?.what ?? output}`,
  );
}

function brief(output: string): string {
  return /"error": "([^"]*)/u.exec(output)?.[1] ?? output;
}

interface Found {
  readonly id: string;
  readonly text: string;
  readonly source: string;
}

/** What a launcher printed, wherever it stands in what the tool says. */
function runIn(output: string): Found | undefined {
  const from = output.indexOf('{"version":1,');
  if (from < 0) return undefined;
  const end = output.indexOf("\n", from);
  const parsed = JSON.parse(end < 0 ? output.slice(from) : output.slice(from, end)) as {
    readonly kind: string;
    readonly id?: string;
    readonly output?: {
      readonly results?: readonly { readonly text: string; readonly source: string }[];
    };
  };
  const [first] = parsed.output?.results ?? [];
  if (parsed.id === undefined || first === undefined) return undefined;
  return { id: parsed.id, text: first.text, source: first.source };
}

interface RecordedRun {
  readonly id: string;
  /** What has to be the same from run to run: skill and program, log, sandbox, roots, snapshot. */
  readonly what: string;
}

async function recordedRuns(keep: Keep): Promise<readonly RecordedRun[]> {
  const { stdout, stderr, code } = await keep.skill(["audit", "show", "--json", "--limit", "1000"]);
  if (code !== 0) return [{ id: "none", what: stderr }];
  const { executions } = JSON.parse(stdout) as {
    readonly executions: readonly {
      readonly id: string;
      readonly start: Readonly<Record<string, unknown>>;
      readonly end?: Readonly<Record<string, unknown>>;
    }[];
  };
  return executions.map(({ id, start, end }) => ({
    id,
    what: JSON.stringify([
      start["skill"],
      start["log"],
      start["sandbox"],
      start["roots"],
      end?.["provenance"],
    ]),
  }));
}
