import { toolGroups } from "@clawkeep/provision-plan";

/** How the text of a variable is read. */
export type VariableKind =
  | { readonly of: "integer"; readonly least: number; readonly most: number }
  | { readonly of: "model" }
  | { readonly of: "models" }
  | { readonly of: "words"; readonly words: readonly string[] }
  | { readonly of: "address" }
  | { readonly of: "path" }
  | { readonly of: "secret"; readonly form: RegExp; readonly expected: string };

/** One variable that the container reads. */
export interface ContainerVariable {
  readonly name: string;
  readonly kind: VariableKind;
  /** What holds without it, as text; absent where nothing does. */
  readonly standard?: string;
  readonly about: string;
}

const integer = (least: number, most: number): VariableKind => ({ of: "integer", least, most });

/**
 * The variables of the single container (L9), and the one place with their defaults and ranges. Of Ollama's own those
 * are here that have a default or another meaning; the others pass when Ollama reads them.
 */
export const containerVariables: readonly ContainerVariable[] = [
  {
    name: "CLAWLAMA_MODEL",
    kind: { of: "model" },
    standard: "gpt-oss:20b",
    about: "the model that is fetched and used first",
  },
  {
    name: "CLAWLAMA_MODELS",
    kind: { of: "models" },
    standard: "",
    about: "further models, with commas: fetched too, and used when the first does not answer",
  },
  {
    name: "CLAWLAMA_MODELFILE",
    kind: { of: "path" },
    about: "a Modelfile from which the first model is made instead of fetched",
  },
  {
    name: "CLAWLAMA_CONTEXT_WINDOW",
    kind: integer(16_384, 1_048_576),
    standard: "131072",
    about: "tokens that a model is given, at most what it was made for",
  },
  {
    name: "CLAWLAMA_MAX_TOKENS",
    kind: integer(256, 131_072),
    standard: "8192",
    about: "most tokens of one answer",
  },
  {
    name: "CLAWLAMA_MAX_CONCURRENT",
    kind: integer(1, 64),
    standard: "4",
    about: "turns at one time",
  },
  {
    name: "CLAWLAMA_SUBAGENT_CONCURRENT",
    kind: integer(1, 64),
    standard: "8",
    about: "agents that agents started, at one time",
  },
  {
    name: "CLAWLAMA_OPENCLAW_PORT",
    kind: integer(1024, 65_000),
    standard: "18789",
    about: "port of the gateway inside the container",
  },
  {
    name: "CLAWLAMA_TOOL_GROUPS",
    kind: { of: "words", words: toolGroups },
    standard: "",
    about: `groups of tools that the agent has beyond its skills, with commas: ${toolGroups.join(", ")}; commands only by a configuration of your own`,
  },
  {
    name: "CLAWLAMA_CONFIG",
    kind: { of: "path" },
    about: "an openclaw.json of your own, mounted read-only, in place of the one made here",
  },
  {
    name: "CLAWLAMA_TELEGRAM_BOT_TOKEN",
    kind: {
      of: "secret",
      form: /^[0-9]{6,12}:[A-Za-z0-9_-]{30,64}$/u,
      expected: "a bot's token, as @BotFather gives it",
    },
    about: "turns the channel Telegram on; docker inspect shows it, so prefer the next one",
  },
  {
    name: "CLAWLAMA_TELEGRAM_BOT_TOKEN_FILE",
    kind: { of: "path" },
    about: "a file that holds that token",
  },
  {
    name: "OLLAMA_NUM_THREADS",
    kind: integer(1, 512),
    about:
      "threads of a model, sent to Ollama as num_thread: physical cores, or what a limit leaves",
  },
  {
    name: "OLLAMA_NUM_PARALLEL",
    kind: integer(1, 64),
    standard: "1",
    about: "requests that Ollama answers at one time",
  },
  {
    name: "OLLAMA_MAX_LOADED_MODELS",
    kind: integer(1, 16),
    standard: "1",
    about: "models in memory at one time",
  },
  {
    name: "OLLAMA_HOST",
    kind: { of: "address" },
    standard: "127.0.0.1:11434",
    about:
      "where Ollama listens; 0.0.0.0:11434 only to publish its port, which asks nobody for a password",
  },
  {
    name: "OLLAMA_MODELS",
    kind: { of: "path" },
    standard: "/data/ollama",
    about: "where models are kept",
  },
];
