import { isDraft, objectAt } from "./draft.ts";
import type { Draft, Rule } from "./draft.ts";

function providers(draft: Draft): readonly [string, Draft][] {
  return Object.entries(objectAt(draft, "models", "providers") ?? {}).filter(
    (entry): entry is [string, Draft] => isDraft(entry[1]),
  );
}

/** True for a provider that is Ollama, by its name or by its port. */
function isOllama(name: string, provider: Draft): boolean {
  const url = provider["baseUrl"];
  return name === "ollama" || (typeof url === "string" && /:11434(?:\/|$)/u.test(url));
}

/** Ollama's own interface: through `/v1` streamed tool calls are lost. */
const nativeOllama: Rule = (draft, note) => {
  for (const [name, provider] of providers(draft)) {
    if (!isOllama(name, provider)) continue;
    const url = provider["baseUrl"];
    const isCompatible = typeof url === "string" && /\/v1\/?$/u.test(url);
    if (isCompatible) provider["baseUrl"] = url.replace(/\/v1\/?$/u, "");
    const api = provider["api"];
    if (isCompatible || (typeof api === "string" && api !== "ollama")) {
      provider["api"] = "ollama";
      note(
        `models.providers.${name}`,
        "replaced",
        'now Ollama\'s own interface (api "ollama", no /v1): the other one loses tool calls',
      );
    }
  }
};

/** Each model has an `id` and a `name`. */
const modelNames: Rule = (draft, note) => {
  for (const [name, provider] of providers(draft)) {
    const models = provider["models"];
    if (!Array.isArray(models)) continue;
    for (const [index, model] of models.entries()) {
      if (!isDraft(model) || typeof model["id"] !== "string" || "name" in model) continue;
      model["name"] = model["id"];
      note(
        `models.providers.${name}.models[${index}].name`,
        "added",
        "the id, as nothing else was",
      );
    }
  }
};

/** Which interfaces and names models have. */
export const modelRules: readonly Rule[] = [nativeOllama, modelNames];
