import type { Advice, InitialAnswers } from "@clawkeep/provision-plan";

import { profileChoices } from "./choices.ts";
import type { Choice } from "./choices.ts";

/** What a person said: a value, to go back one question, or to stop. */
export type Said<T> = { readonly value: T } | "back" | "cancel";

/** Asks a person. Of a terminal, or of a test. */
export interface Prompter {
  readonly text: (
    question: string,
    initial: string,
    problem: (text: string) => string | undefined,
  ) => Promise<Said<string>>;
  readonly choose: (
    question: string,
    choices: readonly Choice[],
    initial: string,
  ) => Promise<Said<string>>;
  readonly several: (
    question: string,
    choices: readonly Choice[],
  ) => Promise<Said<readonly string[]>>;
}

type Draft = InitialAnswers;
type Step = (draft: Draft, prompter: Prompter) => Promise<Said<Draft> | "skip">;

/**
 * Asks one question after the other; going back asks the one before again, with what was said as its answer.
 *
 * @param first What `claw advise` recommends.
 * @returns undefined when the person stopped; nothing is written then
 */
export async function askAnswers(
  first: InitialAnswers,
  advice: Advice,
  prompter: Prompter,
): Promise<InitialAnswers | undefined> {
  const steps = stepsFor(advice);
  const asked: number[] = [];
  let draft = first;
  for (let at = 0; at < steps.length;) {
    const said = await steps[at]?.(draft, prompter);
    if (said === undefined || said === "cancel") return undefined;
    if (said === "back") {
      at = asked.pop() ?? 0;
      continue;
    }
    if (said !== "skip") {
      draft = said.value;
      asked.push(at);
    }
    at += 1;
  }
  return draft;
}

function stepsFor(advice: Advice): readonly Step[] {
  return [
    async (draft, { text }) =>
      into(await text("What is it called?", draft.name, nameProblem), (name) => ({
        ...draft,
        name,
      })),
    async (draft, { choose }) =>
      into(await choose("How is it laid out?", profileChoices, draft.profile), (profile) => ({
        ...without(draft, profile === advice.profile ? [] : ["profileWhy"]),
        profile: profile as Draft["profile"],
      })),
    async (draft, { choose }) =>
      into(await choose("Which model answers?", modelChoices(advice), draft.model), (model) =>
        withModel(draft, advice, model),
      ),
    async (draft, { choose }) =>
      into(
        await choose("May it reach the internet?", networkChoices, draft.internet ? "yes" : "no"),
        (said) => ({
          ...(said === "yes" ? draft : without(draft, ["search"])),
          internet: said === "yes",
          ...(said === "yes" ? {} : { channels: [] }),
        }),
      ),
    async (draft, { choose }) =>
      draft.internet
        ? into(await choose("Search the web?", searchChoices, draft.search ?? "no"), (search) => ({
            ...without(draft, ["search"]),
            ...(search === "no" ? {} : { search: search as NonNullable<Draft["search"]> }),
          }))
        : "skip",
    async (draft, { several }) =>
      draft.internet
        ? into(await several("Which channels may write to it?", channelChoices), (channels) => ({
            ...draft,
            channels: channels as Draft["channels"],
          }))
        : "skip",
    async (draft, { text }) =>
      draft.search !== undefined && draft.channels.length > 0
        ? into(
            await text(
              "Why may private files stand beside search and a channel?",
              draft.reason ?? "",
              reasonProblem,
            ),
            (reason) => ({ ...draft, reason }),
          )
        : "skip",
    async (draft, { choose }) =>
      into(await choose("How is it reached?", bindChoices, draft.exposure), (exposure) => ({
        ...draft,
        exposure: exposure as Draft["exposure"],
      })),
    async (draft, { text }) =>
      draft.ui && (draft.exposure === "tailscale" || draft.exposure === "caddy")
        ? into(
            await text(
              "What does the address bar show?",
              draft.origin ?? "https://",
              originProblem,
            ),
            (origin) => ({
              ...draft,
              origin,
            }),
          )
        : "skip",
    async (draft, { choose }) =>
      advice.models.some(({ on }) => on === "gpu")
        ? into(
            await choose("May the model use the GPU?", yesNo, draft.gpu ? "yes" : "no"),
            (said) => ({
              ...draft,
              gpu: said === "yes",
            }),
          )
        : "skip",
  ];
}

function into<T>(said: Said<T>, draft: (value: T) => Draft): Said<Draft> {
  return typeof said === "string" ? said : { value: draft(said.value) };
}

function withModel(draft: Draft, advice: Advice, model: string): Draft {
  const known = advice.models.find(({ ref }) => ref === model);
  const rest = without(draft, ["modelWhy", "contextTokens", "cache"]);
  if (known === undefined || !known.fits) return { ...rest, model };
  const { why, contextTokens, cache } = known;
  return { ...rest, model, modelWhy: why, contextTokens, ...(cache === "f16" ? {} : { cache }) };
}

function without(draft: Draft, names: readonly (keyof Draft)[]): Draft {
  return Object.fromEntries(
    Object.entries(draft).filter(([name]) => !names.includes(name as keyof Draft)),
  ) as unknown as Draft;
}

function modelChoices({ models, model }: Advice): readonly Choice[] {
  const local = models
    .filter(({ fits }) => fits)
    .map(({ ref, why }): Choice => ({ value: ref, label: ref, hint: why }));
  return local.some(({ value }) => value === model)
    ? local
    : [{ value: model, label: model, hint: "elsewhere" }, ...local];
}

const yesNo: readonly Choice[] = [
  { value: "yes", label: "yes" },
  { value: "no", label: "no" },
];
const networkChoices: readonly Choice[] = [
  { value: "no", label: "no", hint: "nothing leaves" },
  { value: "yes", label: "named hosts", hint: "by a proxy" },
];
const searchChoices: readonly Choice[] = [
  { value: "no", label: "no" },
  { value: "gemini", label: "by Gemini", hint: "needs a key" },
  { value: "grok", label: "by Grok", hint: "needs a key" },
  { value: "ollama", label: "by Ollama's cloud", hint: "in a notebook only" },
];
const channelChoices: readonly Choice[] = ["telegram", "discord", "whatsapp"].map((value) => ({
  value,
  label: value,
}));
const bindChoices: readonly Choice[] = [
  { value: "loopback", label: "from this machine only" },
  { value: "ssh", label: "by an SSH tunnel" },
  { value: "tailscale", label: "in a tailnet" },
  { value: "caddy", label: "by Caddy, with TLS" },
];

function nameProblem(text: string): string | undefined {
  return /^[a-z][a-z0-9-]{0,29}$/u.test(text)
    ? undefined
    : "small letters, digits and -, at most 30";
}

function reasonProblem(text: string): string | undefined {
  return text.trim().length >= 10 ? undefined : "a reason that somebody else understands";
}

function originProblem(text: string): string | undefined {
  return /^https?:\/\/[a-z0-9.-]+(?::[0-9]{1,5})?$/u.test(text)
    ? undefined
    : "scheme, host and port, such as https://claw.example.net";
}
