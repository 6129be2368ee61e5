import { fillIn, isDraft, madeAt, objectAt, take } from "./draft.ts";
import type { Draft, Note, Rule } from "./draft.ts";

const agentDefaults: Rule = (draft, note) => {
  const written = take(draft, "agentDefaults");
  if (!isDraft(written)) return;
  fillIn(madeAt(draft, "agents", "defaults"), written);
  note("agentDefaults", "moved", "now agents.defaults");
};

/** `timeout` is now `timeoutSeconds`; nothing limits the number of rounds any more. */
const limits: Rule = (draft, note) => {
  const defaults = objectAt(draft, "agents", "defaults");
  if (defaults === undefined) return;
  if (take(defaults, "maxIterations") !== undefined) {
    note(
      "agents.defaults.maxIterations",
      "removed",
      "no key limits rounds; timeoutSeconds limits time",
    );
  }
  const timeout = take(defaults, "timeout");
  if (timeout === undefined) return;
  if (typeof timeout === "number") fillIn(defaults, { timeoutSeconds: timeout });
  note("agents.defaults.timeout", "moved", "now agents.defaults.timeoutSeconds");
};

/** `agents.list` with ids is now `agents.entries`, and several agents say who owns them. */
const list: Rule = (draft, note) => {
  const agents = objectAt(draft, "agents");
  if (agents === undefined) return;
  const written = agents["list"];
  if (Array.isArray(written)) {
    delete agents["list"];
    const entries = madeAt(agents, "entries");
    for (const one of written) {
      if (!isDraft(one) || typeof one["id"] !== "string") continue;
      const { id, ...rest } = one;
      fillIn(entries, { [id]: rest });
    }
    note("agents.list", "moved", "now agents.entries, by id");
  }
  explicit(agents, note);
};

function explicit(agents: Draft, note: Note): void {
  const entries = objectAt(agents, "entries");
  if (entries === undefined) return;
  let first: string | undefined;
  for (const [id, entry] of Object.entries(entries)) {
    if (!isDraft(entry)) continue;
    const marked = take(entry, "default");
    if (marked === true) first ??= id;
    if (marked !== undefined) {
      note(`agents.entries.${id}.default`, "removed", "no agent is the default by a mark");
    }
    const sandbox = entry["sandbox"];
    if (typeof sandbox === "string") {
      entry["sandbox"] = { mode: sandbox };
      note(`agents.entries.${id}.sandbox`, "replaced", "now an object with a mode");
    }
  }
  if (Object.keys(entries).length < 2 || agents["ownership"] === "explicit") return;
  agents["ownership"] = "explicit";
  note("agents.ownership", "added", '"explicit": several agents must be owned by name');
  const owner = first ?? Object.keys(entries)[0];
  const heartbeat = madeAt(agents, "defaults", "heartbeat");
  if (heartbeat["agentId"] !== undefined || owner === undefined) return;
  heartbeat["agentId"] = owner;
  note("agents.defaults.heartbeat.agentId", "added", `${owner} acts where nobody is named`);
}

const sandbox: Rule = (draft, note) => {
  const written = take(draft, "sandbox");
  if (written !== undefined) {
    const value: Draft = isDraft(written) ? written : { mode: written };
    fillIn(madeAt(draft, "agents", "defaults", "sandbox"), value);
    note("sandbox", "moved", "now agents.defaults.sandbox");
  }
  const defaults = objectAt(draft, "agents", "defaults");
  if (defaults === undefined || typeof defaults["sandbox"] !== "string") return;
  defaults["sandbox"] = { mode: defaults["sandbox"] };
  note("agents.defaults.sandbox", "replaced", "now an object with a mode");
};

/** `agents.defaults.memorySearch` and the engine that could be chosen are gone: one engine, one place. */
const memory: Rule = (draft, note) => {
  const defaults = objectAt(draft, "agents", "defaults");
  const search = defaults === undefined ? undefined : take(defaults, "memorySearch");
  if (isDraft(search)) {
    fillIn(madeAt(draft, "memory", "search"), search);
    note("agents.defaults.memorySearch", "moved", "now memory.search");
  }
  const settings = objectAt(draft, "memory");
  if (settings === undefined || take(settings, "backend") === undefined) return;
  note("memory.backend", "removed", "there is one engine; the qmd backend is gone");
};

/** What was said of agents, their sandbox and their memory at other places. */
export const agentRules: readonly Rule[] = [agentDefaults, sandbox, limits, list, memory];
