import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";

import type { Agent } from "./agent.ts";
import { makeAgent } from "./agent.ts";
import type { Checks } from "./checks.ts";
import type { Config } from "./hardened-config.ts";
import { startRagService } from "./rag-service.ts";
import type { RagService } from "./rag-service.ts";
import type { Route, Stand } from "./stand.ts";

/** What the agent remembers. Only one note is about a light, and it says so in other words than the question. */
const notes: Readonly<Record<string, string>> = {
  "MEMORY.md": "# Household\n\nThe boiler is serviced every October by Hansen.\n",
  "memory/lighthouse.md": "# The tower\n\nThe lamp is lit half an hour before sunset.\n",
  "memory/fog.md": "# Fog\n\nThe horn sounds two blasts each ninety seconds.\n",
  "memory/bread.md": "# Bread\n\nRye sourdough rests overnight at eighteen degrees.\n",
  "memory/bicycle.md": "# Bicycle\n\nChain and cassette were replaced in March.\n",
  "memory/taxes.md": "# Taxes\n\nThe declaration is due at the end of July.\n",
};
const question = "At which time of the evening does illumination begin?";
const fact = "half an hour before sunset";

/** One way in which OpenClaw asks for vectors. */
interface Provider {
  readonly id: string;
  /** The switch of `local-rag serve`. */
  readonly flag: "--openai" | "--ollama";
  /** Where its requests are counted. */
  readonly endpoint: string;
  readonly model: string;
  readonly port: number;
  /** What follows the address of the service. */
  readonly base: string;
}

const providers: readonly Provider[] = [
  {
    id: "openai-compatible",
    flag: "--openai",
    endpoint: "/v1/embeddings",
    model: "all-minilm-l6-v2",
    port: 18_931,
    base: "/v1",
  },
  {
    id: "ollama",
    flag: "--ollama",
    endpoint: "/api/embed",
    model: "all-minilm",
    port: 18_932,
    base: "",
  },
];

export const route: Route = {
  number: 3,
  title: "memory: memory.search through our embeddings endpoints",
  async run(stand, checks) {
    await checkNoNetwork(checks);
    for (const provider of providers) await remember(stand, checks, provider);
  },
};

async function remember(stand: Stand, checks: Checks, provider: Provider): Promise<void> {
  const { id, endpoint } = provider;
  await using service = await startRagService(stand, id, [provider.flag]);
  const agent = makeAgent(stand, {
    name: `memory-${id}`,
    port: provider.port,
    overrides: configOf(provider, service),
    environment: { EMBEDDINGS_TOKEN: service.token },
  });
  writeNotes(agent);

  const indexed = await agent.run(["memory", "index", "--force", "--verbose"]);
  const said = `${indexed.stdout}${indexed.stderr}`;
  checks.that(
    `${id}: memory index`,
    indexed.code === 0 && said.includes(`${Object.keys(notes).length} files indexed`),
    `exit code ${String(indexed.code)}, ${lineWith(said, "indexed")}`,
  );
  const afterIndex = await service.requests();
  checks.that(
    `${id}: the notes were embedded by ${endpoint}`,
    (afterIndex.get(`${endpoint} ok`) ?? 0) > 0,
    shown(afterIndex),
  );

  const search = ["memory", "search", question, "--json", "--min-score", "0.1"];
  const found = await agent.run(search);
  checks.equal(`${id}: memory search finds by meaning`, bestPath(found.stdout), "lighthouse.md");

  stand.model.script([
    { tool: "memory_search", arguments: { query: question, minScore: 0.1 } },
    (outputs) => ({ say: `I remember: ${outputs[0] ?? ""}` }),
  ]);
  const turn = await agent.exec("When does the light go on?");
  checks.that(
    `${id}: a turn offers memory_search`,
    stand.model.offered.includes("memory_search"),
    stand.model.offered.join(" "),
  );
  checks.that(
    `${id}: a turn answers from memory`,
    turn.code === 0 && turn.text.includes(fact),
    `exit code ${String(turn.code)}, ${turn.text}`,
  );

  const all = await service.requests();
  checks.that(
    `${id}: question and turn were embedded too`,
    (all.get(`${endpoint} ok`) ?? 0) >= (afterIndex.get(`${endpoint} ok`) ?? 0) + 2,
    shown(all),
  );
  const others = [...all.keys()].filter((key) => key !== `${endpoint} ok` && key !== "/metrics ok");
  checks.equal(`${id}: nothing else was asked, and nothing refused`, others, []);

  await service.stop();
  const without = await agent.run(search);
  checks.that(
    `${id}: without the service the search says so`,
    bestPath(without.stdout) === undefined,
    `exit code ${String(without.code)}, ${without.stdout}`,
  );
}

function configOf({ id, model, base }: Provider, service: RagService): Config {
  const apiKey = { source: "env", provider: "default", id: "EMBEDDINGS_TOKEN" };
  const remote = { baseUrl: `${service.url}${base}`, apiKey };
  return {
    memory: { search: { provider: id, model, remote } },
    tools: { alsoAllow: ["read", "memory_search", "memory_get"] },
  };
}

function writeNotes({ workspace, principal: { uid, gid } }: Agent): void {
  const folder = path.join(workspace, "memory");
  mkdirSync(folder, { mode: 0o700 });
  chownSync(folder, uid, gid);
  for (const [name, text] of Object.entries(notes)) {
    const file = path.join(workspace, name);
    writeFileSync(file, text, { mode: 0o600 });
    chownSync(file, uid, gid);
  }
}

/** File of the first result; undefined when there is none. */
function bestPath(stdout: string): string | undefined {
  const from = stdout.indexOf("{");
  if (from < 0) return undefined;
  const { results } = JSON.parse(stdout.slice(from)) as {
    readonly results?: readonly { readonly path: string }[];
  };
  const [best] = results ?? [];
  return best === undefined ? undefined : path.basename(best.path);
}

async function checkNoNetwork(checks: Checks): Promise<void> {
  const devices = readFileSync("/proc/net/dev", "utf8")
    .split("\n")
    .flatMap((line) => /^\s*(\S+):/u.exec(line)?.[1] ?? []);
  checks.equal("network devices", devices, ["lo"]);
  const code = await new Promise<string>((resolve) => {
    connect({ host: "192.0.2.1", port: 443 })
      .on("connect", () => resolve("connected"))
      .on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  checks.equal("another network", code, "ENETUNREACH");
}

function lineWith(text: string, word: string): string {
  return text.split("\n").findLast((line) => line.includes(word)) ?? text.slice(-300);
}

function shown(requests: ReadonlyMap<string, number>): string {
  return [...requests].map(([key, count]) => `${key} ${count}`).join(", ");
}
