import { catalogue } from "@clawkeep/provision-plan";

import { found } from "../check.ts";
import type { Check, Fault, Look } from "../check.ts";
import { at, entriesOf, listOf, textsOf } from "../scene/config-file.ts";
import type { Scene } from "../scene/scene.ts";
import { renderAgain, word } from "./commands.ts";
import { ollamaModels } from "./context.ts";
import type { OllamaModel } from "./context.ts";
import { ollamaUrl } from "./ollama-address.ts";
import { ollamaOrigin } from "./running-gateway.ts";

/** 4.2: refused or timed out, from where the gateway asks. */
export const ollamaUnreachable: Check = {
  id: "ollama-unreachable",
  symptom: "`timeout discovering models`, or `ECONNREFUSED` at the first question",
  cause: "nothing answers /api/tags at the address that openclaw.json names",
  fix: "systemctl status ollama, or claw ollama-gate where it is asked through the gate",
  reads: "live",
  look: async (scene) => {
    const can = await ollamaOrigin(scene);
    if (!("origin" in can)) return can;
    const answer = await can.live.ask(`${can.origin}/api/tags`);
    if (answer.status === 200 && Array.isArray(at(answer.json, "models"))) return found([]);
    const value = `${can.origin}/api/tags: ${answer.status === 0 ? answer.error : `status ${answer.status}`}`;
    const line = ollamaUrl(scene.config)?.line;
    return found([
      {
        evidence: [
          { file: scene.config?.file ?? "", ...(line === undefined ? {} : { line }), value },
        ],
        fix: `curl -sS ${word(`${can.origin}/api/tags`)}  # then: sudo systemctl restart ollama`,
      },
    ]);
  },
};

async function withTags(
  scene: Scene,
  judge: (
    names: ReadonlySet<string>,
    can: { readonly origin: string; readonly live: NonNullable<Scene["live"]> },
  ) => Promise<readonly Fault[]>,
): Promise<Look> {
  const can = await ollamaOrigin(scene);
  if (!("origin" in can)) return can;
  const answer = await can.live.ask(`${can.origin}/api/tags`);
  if (answer.status !== 200) return { notChecked: `${can.origin} does not answer` };
  const names = listOf(at(answer.json, "models")).flatMap((one) =>
    textsOf(at(one, "name") ?? at(one, "model")),
  );
  return found(await judge(new Set(names), can));
}

const isHosted = ({ id }: OllamaModel): boolean => /[:-]cloud$/u.test(id);

/** 4.2: membership in /api/tags. */
export const modelNotPulled: Check = {
  id: "model-not-pulled",
  symptom: '`model "…" not found, try pulling it first`',
  cause: "openclaw.json names a model that Ollama does not have",
  fix: "ollama pull MODEL",
  reads: "live",
  look: (scene) =>
    withTags(scene, (names) =>
      Promise.resolve(
        modelsOf(scene)
          .filter(
            (model) => !isHosted(model) && !names.has(model.id) && !names.has(`${model.id}:latest`),
          )
          .map(({ id, line }): Fault => ({
            evidence: [
              { file: scene.config?.file ?? "", line, value: `${id} is not in /api/tags` },
            ],
            fix: `ollama pull ${word(id)}`,
          })),
      ),
    ),
};

const modelsOf = ({ config }: Scene): readonly OllamaModel[] =>
  config === undefined ? [] : ollamaModels(config);

const inCatalogue = (id: string): (typeof catalogue)[number] | undefined =>
  catalogue.find(({ ref }) => ref === `ollama/${id}`);

/** What `/api/show` says of a model; nothing where it cannot be asked. */
async function shown(scene: Scene, id: string): Promise<unknown> {
  const can = await ollamaOrigin(scene);
  if (!("origin" in can)) return undefined;
  const answer = await can.live.ask(`${can.origin}/api/show`, { model: id });
  return answer.status === 200 ? answer.json : undefined;
}

/** What is wrong with each model of Ollama, by what `/api/show` says of it. */
async function eachModel(
  scene: Scene,
  judge: (
    model: OllamaModel,
    shown: unknown,
  ) => (Pick<Fault, "fix"> & { readonly value: string }) | undefined,
): Promise<Look> {
  const models = modelsOf(scene);
  if (models.length === 0) return { doesNotApply: "no model of Ollama" };
  const faults: Fault[] = [];
  for (const model of models) {
    const wrong = judge(model, await shown(scene, model.id));
    if (wrong === undefined) continue;
    const { value, fix } = wrong;
    faults.push({
      evidence: [{ file: scene.config?.file ?? "", line: model.line, value }],
      fix,
    });
  }
  return found(faults);
}

/** 4.2: HTTP 400 for a model without tools. */
export const modelWithoutTools: Check = {
  id: "model-without-tools",
  symptom: "HTTP 400 of Ollama, or an agent that talks about tools and uses none",
  cause: "the model cannot call tools: Ollama's /api/show or the catalogue says so",
  fix: "claw models  # then another models.primary",
  reads: "files",
  look: (scene) =>
    eachModel(scene, ({ id }, answer) => {
      const capabilities = at(answer, "capabilities");
      const isKnown = Array.isArray(capabilities);
      const cannot = isKnown ? !capabilities.includes("tools") : inCatalogue(id)?.tools === "no";
      if (!cannot) return undefined;
      return {
        value: `${id}: ${isKnown ? `/api/show says ${textsOf(capabilities).join(", ") || "nothing"}` : "the catalogue says no tools"}`,
        fix: "claw models  # then models.primary in deploy.yaml, and claw apply",
      };
    }),
};

/** 4.1: more than the model was made for. */
export const contextBeyondModel: Check = {
  id: "context-beyond-model",
  symptom: "answers become nonsense when a conversation is long",
  cause: "num_ctx is larger than the context that the model was made for",
  fix: "contextTokens of at most what /api/show says",
  reads: "files",
  look: (scene) =>
    eachModel(scene, ({ id, contextTokens }, answer) => {
      const made = entriesOf(at(answer, "model_info")).find(
        ([name, value]) => name.endsWith(".context_length") && typeof value === "number",
      )?.[1];
      const most = typeof made === "number" ? made : inCatalogue(id)?.contextTokens;
      if (most === undefined || contextTokens === undefined || contextTokens <= most)
        return undefined;
      return {
        value: `${id}: ${contextTokens} tokens, made for ${most}`,
        fix: renderAgain(scene, `contextTokens ${most}`),
      };
    }),
};

const probe = {
  role: "user",
  content: "Call the tool `clock` now. Answer with nothing else.",
};
const clock = {
  type: "function",
  function: {
    name: "clock",
    description: "Says the time.",
    parameters: { type: "object", properties: {} },
  },
};

/** 4.2: one tool call by the model that is used. */
export const toolCallAsText: Check = {
  id: "tool-call-as-text",
  symptom: "raw JSON of a tool call stands in the chat, though Ollama's own interface is used",
  cause: "the model writes its tool calls as text: its template or quantisation lost them",
  fix: "another model or quantisation: claw models",
  reads: "live",
  look: async (scene) => {
    if (!scene.around.asksModel)
      return { notChecked: "the model is asked only with --ask-model: loading it takes minutes" };
    const can = await ollamaOrigin(scene);
    if (!("origin" in can)) return can;
    const [model] = modelsOf(scene);
    if (model === undefined) return { doesNotApply: "no model of Ollama" };
    const body = { model: model.id, messages: [probe], tools: [clock], stream: false };
    const answer = await can.live.ask(`${can.origin}/api/chat`, body, 300_000);
    if (answer.status !== 200)
      return { notChecked: `/api/chat: ${answer.status === 0 ? answer.error : answer.status}` };
    const message = at(answer.json, "message");
    if (listOf(at(message, "tool_calls")).length > 0) return found([]);
    const content = at(message, "content");
    const isText =
      typeof content === "string" && /\bclock\b/u.test(content) && /[{[]/u.test(content);
    if (!isText) return { notChecked: "the model did not try to call the tool" };
    const evidence = [
      {
        file: scene.config?.file ?? "",
        line: model.line,
        value: `${model.id} wrote its call as text`,
      },
    ];
    return found([
      { evidence, fix: "claw models  # then models.primary in deploy.yaml, and claw apply" },
    ]);
  },
};
