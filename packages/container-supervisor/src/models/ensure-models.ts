import { CodedError } from "@clawkeep/diagnostics";
import { isObject } from "@clawkeep/openclaw-contract";
import { runTool } from "@clawkeep/provision";

/** What has to be there before the gateway starts. */
export interface WantedModels {
  /** `http://HOST:PORT` of the Ollama that runs. */
  readonly address: string;
  readonly models: readonly string[];
  /** The first is made from this file when it is not there; the others are fetched. */
  readonly modelfile: string | undefined;
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Fetches or makes each model that Ollama does not have (L4, L11). What is there is asked for nothing.
 *
 * @throws CodedError `CONTAINER_MODEL`
 */
export async function ensureModels(wanted: WantedModels): Promise<void> {
  const { models, modelfile, say } = wanted;
  const there = await listModels(wanted);
  for (const [index, model] of models.entries()) {
    if (there.includes(model)) say(`model ${model}: is there`);
    else if (index === 0 && modelfile !== undefined) await create(model, modelfile, wanted);
    else await pull(model, wanted);
  }
}

async function listModels({ address, signal }: WantedModels): Promise<readonly string[]> {
  const answer = await fetch(`${address}/api/tags`, { signal });
  const body: unknown = await answer.json();
  const listed = isObject(body) ? body["models"] : undefined;
  return Array.isArray(listed)
    ? listed.flatMap((one: unknown) =>
        isObject(one) && typeof one["name"] === "string" ? [one["name"]] : [],
      )
    : [];
}

async function create(model: string, file: string, wanted: WantedModels): Promise<void> {
  wanted.say(`model ${model}: is made from ${file}`);
  const made = await runTool([wanted.program, "create", model, "-f", file], {
    environment: wanted.environment,
    timeoutMs: 3_600_000,
  });
  if (made.code !== 0) {
    const words = `${made.stdout}${made.stderr}`.trim().split("\n").at(-1) ?? "";
    throw refused(
      model,
      `to be made from ${file}, got exit code ${made.code}: ${words.slice(0, 300)}`,
    );
  }
  wanted.say(`model ${model}: made`);
}

async function pull(model: string, { address, say, signal }: WantedModels): Promise<void> {
  say(`model ${model}: is fetched; this may take long`);
  const answer = await fetch(`${address}/api/pull`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, stream: true }),
    signal,
  });
  const progress = new PullProgress(model, say);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of answer.body ?? []) {
    const lines = `${rest}${decoder.decode(part, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) progress.hear(line);
  }
  progress.hear(rest);
  if (!answer.ok || !progress.isDone) {
    throw refused(model, progress.error ?? `to be fetched, got status ${answer.status} and no end`);
  }
  say(`model ${model}: fetched`);
}

/** Says what a download does at each tenth, not at each line. */
class PullProgress {
  isDone = false;
  error: string | undefined;
  #tenth = 0;
  #part = "";
  readonly #model: string;
  readonly #say: (line: string) => void;

  constructor(model: string, say: (line: string) => void) {
    this.#model = model;
    this.#say = say;
  }

  hear(line: string): void {
    if (line.trim() === "") return;
    const said = parsed(line);
    if (!isObject(said)) return;
    if (typeof said["error"] === "string") this.error = said["error"].slice(0, 300);
    if (said["status"] === "success") this.isDone = true;
    const { digest, total, completed } = said;
    if (typeof digest !== "string" || typeof total !== "number" || typeof completed !== "number")
      return;
    if (digest !== this.#part) [this.#part, this.#tenth] = [digest, 0];
    const tenth = total > 0 ? Math.floor((completed / total) * 10) : 0;
    if (tenth <= this.#tenth) return;
    this.#tenth = tenth;
    this.#say(`model ${this.#model}: ${tenth}0% of ${(total / 1e9).toFixed(2)} GB`);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function refused(model: string, what: string): CodedError {
  return new CodedError({
    code: "CONTAINER_MODEL",
    message: `model ${model}: expected it ${what}`,
    hint: "Check its name and the network of the container; without a network, restore a volume that has it, or mount a Modelfile and name it in CLAWLAMA_MODELFILE.",
  });
}
