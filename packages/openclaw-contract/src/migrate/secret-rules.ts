import { isDraft, objectAt } from "./draft.ts";
import type { Draft, Note, Rule } from "./draft.ts";

/** What Ollama is given because OpenClaw wants something: it opens nothing. */
const placeholders: ReadonlySet<string> = new Set(["ollama-local", "ollama"]);

/** Where a text may be a secret: a path of keys, `*` for any, and the variable that takes a literal's place. */
const places: readonly { readonly path: readonly string[]; readonly variable: string }[] = [
  { path: ["gateway", "auth", "token"], variable: "OPENCLAW_GATEWAY_TOKEN" },
  { path: ["gateway", "auth", "password"], variable: "OPENCLAW_GATEWAY_PASSWORD" },
  { path: ["models", "providers", "*", "apiKey"], variable: "*_API_KEY" },
  { path: ["channels", "telegram", "botToken"], variable: "TELEGRAM_BOT_TOKEN" },
  { path: ["channels", "discord", "token"], variable: "DISCORD_BOT_TOKEN" },
];

/**
 * A secret in the file, or `${NAME}` in a text, becomes a reference to a variable of the environment. The
 * value is dropped: whoever has it puts it where the reference points, best after making a new one.
 */
const references: Rule = (draft, note) => {
  for (const { path, variable } of places) {
    const [first = "", second = "", ...rest] = path;
    const parent = objectAt(draft, first, second);
    if (parent === undefined) continue;
    if (rest[0] !== "*") {
      refer(parent, rest.join(".") || second, path.join("."), variable, note);
      continue;
    }
    for (const [name, provider] of Object.entries(parent)) {
      if (!isDraft(provider)) continue;
      const own = `${name.toUpperCase().replace(/[^A-Z0-9]+/gu, "_")}_API_KEY`;
      refer(provider, "apiKey", `models.providers.${name}.apiKey`, own, note);
    }
  }
};

function refer(holder: Draft, key: string, path: string, variable: string, note: Note): void {
  const value = holder[key];
  if (typeof value !== "string" || placeholders.has(value)) return;
  const named = /^\$\{(?<name>[A-Z][A-Z0-9_]{0,127})\}$/u.exec(value)?.groups?.["name"];
  const id = named ?? variable;
  holder[key] = { source: "env", provider: "default", id };
  note(
    path,
    "replaced",
    named === undefined
      ? `the secret was in the file: now a reference to ${id}. Make a new one, the old one is known`
      : `now a reference to ${id}, which OpenClaw redacts and audits`,
  );
}

/** Secrets by reference only. */
export const secretRules: readonly Rule[] = [references];
