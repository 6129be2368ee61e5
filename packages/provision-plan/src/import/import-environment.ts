import { ollamaVariableProblem } from "../ollama/variables.ts";
import { collector } from "./import-result.ts";
import type { ImportResult } from "./import-result.ts";

const secretName: RegExp = /(?:TOKEN|KEY|SECRET|PASSWORD)$/u;

/** Reads a `.env` file as text: no `$(…)`, `${…}` or backtick of it is ever run. Values of secrets are not repeated. */
export function importEnvironment(text: string, file: string): ImportResult {
  const { say, findings } = collector(file);
  const values = new Map<string, string>();
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    const place = { line: index + 1 };
    if (line === "" || line.startsWith("#")) continue;
    const found = /^(?:export\s+)?(?<name>[A-Za-z_][A-Za-z0-9_]*)=(?<value>.*)$/u.exec(
      line,
    )?.groups;
    if (found === undefined) {
      say(
        "IMPORT_ENV_LINE",
        "warning",
        "expected NAME=value",
        "Correct or remove the line.",
        place,
      );
      continue;
    }
    const name = found["name"] ?? "";
    const value = unquoted(found["value"] ?? "");
    if (values.has(name)) {
      say("IMPORT_ENV_TWICE", "warning", `${name} is there twice`, "The last one counts.", place);
    }
    values.set(name, value);
    if (/\$\(|`/u.test(value)) {
      say(
        "IMPORT_ENV_COMMAND",
        "error",
        `${name} holds the text of a command, which nobody runs: whoever reads the guide knows the value`,
        "claw apply makes a token once and keeps it in a file of mode 0600 (C13, G14).",
        place,
      );
    } else if (secretName.test(name) && value !== "" && value !== "ollama-local") {
      say(
        "IMPORT_ENV_SECRET",
        "warning",
        `${name} holds a secret, and every process that inherits the environment with it`,
        "Put it into a file of the deployment and refer to it: file:NAME (S12).",
        place,
      );
    }
    const problem =
      name.startsWith("OLLAMA_") &&
      name !== "OLLAMA_MODEL" &&
      name !== "OLLAMA_API_KEY" &&
      name !== "OLLAMA_BASE_URL"
        ? ollamaVariableProblem(name, value)
        : undefined;
    if (problem !== undefined) {
      say(
        `IMPORT_${problem.code}`,
        "error",
        problem.message,
        `${problem.hint ?? ""} (C5, C10)`,
        place,
      );
    }
  }
  return { kind: "environment", changes: [], findings, spec: specOf(values) };
}

function unquoted(value: string): string {
  const trimmed = value.trim();
  const quote = trimmed[0];
  if ((quote === '"' || quote === "'") && trimmed.length > 1 && trimmed.endsWith(quote)) {
    return trimmed.slice(1, -1);
  }
  return trimmed.replace(/\s+#.*$/u, "");
}

/** Variables of the guides that a spec has a key for. Names of other variables stay where they are. */
function specOf(values: ReadonlyMap<string, string>): Readonly<Record<string, unknown>> {
  const number = (...names: readonly string[]): number | undefined => {
    const value = names.map((name) => values.get(name)).find((one) => one !== undefined);
    return value !== undefined && /^[0-9]{1,9}$/u.test(value) ? Number(value) : undefined;
  };
  const model = values.get("CLAWLAMA_MODEL") ?? values.get("OLLAMA_MODEL");
  const port = number("CLAWLAMA_OPENCLAW_PORT", "OPENCLAW_GATEWAY_PORT");
  const contextTokens = number("CLAWLAMA_CONTEXT_WINDOW");
  const maxTokens = number("CLAWLAMA_MAX_TOKENS");
  const concurrent = number("CLAWLAMA_MAX_CONCURRENT");
  const numThread = number("OLLAMA_NUM_THREADS", "OLLAMA_NUM_THREAD");
  const numGpu = number("OLLAMA_NUM_GPU");
  const isSingle = [...values.keys()].some((name) => name.startsWith("CLAWLAMA_"));
  const fallbacks = (values.get("CLAWLAMA_MODELS") ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "" && one !== model)
    .map((one) => `ollama/${one}`);
  const ollama = Object.fromEntries(
    [...values].filter(
      ([name, value]) =>
        name.startsWith("OLLAMA_") &&
        ![
          "OLLAMA_HOST",
          "OLLAMA_MODELS",
          "OLLAMA_MODEL",
          "OLLAMA_API_KEY",
          "OLLAMA_BASE_URL",
        ].includes(name) &&
        ollamaVariableProblem(name, value) === undefined,
    ),
  );
  return {
    deploy: 1,
    profile: isSingle
      ? "single-container"
      : values.get("NETWORK_MODE") === "internet"
        ? "hybrid"
        : "cage",
    ...(port === undefined ? {} : { gateway: { port } }),
    models: {
      primary: `ollama/${model ?? "gpt-oss:20b"}`,
      ...(fallbacks.length === 0 ? {} : { fallbacks }),
      ...(contextTokens === undefined ? {} : { contextTokens }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(numThread === undefined ? {} : { numThread }),
      ...(numGpu === undefined ? {} : { numGpu }),
    },
    ...(Object.keys(ollama).length === 0 ? {} : { ollama }),
    ...(concurrent === undefined ? {} : { limits: { concurrent } }),
  };
}
