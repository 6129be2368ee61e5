import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What the stand-in answers: a call of a tool, or words. */
export type Turn =
  | { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> }
  | { readonly say: string };

/** One step of a script. A function sees what the tools gave since the user spoke. */
export type Step = Turn | ((toolOutputs: readonly string[]) => Turn);

interface ChatMessage {
  readonly role: string;
  readonly content?: string;
}

/** One request as OpenClaw sent it. */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

/** A scripted stand-in for a model: it speaks Ollama's `/api/chat`, and thinks nothing. */
export interface StandInModel extends AsyncDisposable {
  /** For `models.providers.ollama.baseUrl`. */
  readonly url: string;
  /** Every chat request since the script was set, oldest first. */
  readonly requests: readonly ChatRequest[];
  /** What the tools gave in the last request of the turn. */
  readonly toolOutputs: readonly string[];
  /** Names of the tools that OpenClaw offered last. */
  readonly offered: readonly string[];
  /** Sets the steps of the turns to come; beyond the last it says `done`. */
  script(steps: readonly Step[]): void;
}

export const standInName = "stand-in";

/** OpenClaw's own notes come as messages of the user too. */
const internal = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>";

export async function startStandInModel(): Promise<StandInModel> {
  let steps: readonly Step[] = [];
  let requests: ChatRequest[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (request.method !== "POST" || request.url !== "/api/chat") {
        response.writeHead(404).end();
        return;
      }
      const chat = JSON.parse(Buffer.concat(parts).toString("utf8")) as ChatRequest;
      requests.push(chat);
      const outputs = toolOutputsOf(chat);
      const step = steps[outputs.length];
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.end(answer(typeof step === "function" ? step(outputs) : (step ?? { say: "done" })));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const last = (): ChatRequest => requests.at(-1) ?? { messages: [] };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    get toolOutputs() {
      return toolOutputsOf(last());
    },
    get offered() {
      return (last().tools ?? []).map(({ function: { name } }) => name);
    },
    script: (wanted) => {
      steps = wanted;
      requests = [];
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A session keeps its earlier turns: the script begins again at what the user said last. */
function toolOutputsOf({ messages }: ChatRequest): readonly string[] {
  const spoke = messages.findLastIndex(
    ({ role, content }) => role === "user" && content?.includes(internal) !== true,
  );
  return messages
    .slice(spoke + 1)
    .filter(({ role }) => role === "tool")
    .map(({ content }) => content ?? "");
}

function answer(turn: Turn): string {
  const common = { model: standInName, created_at: new Date(0).toISOString() };
  const message =
    "say" in turn
      ? { role: "assistant", content: turn.say }
      : {
          role: "assistant",
          content: "",
          tool_calls: [{ function: { name: turn.tool, arguments: turn.arguments } }],
        };
  const end = { done: true, done_reason: "stop", prompt_eval_count: 1, eval_count: 1 };
  const none = { role: "assistant", content: "" };
  return [
    { ...common, message, done: false },
    { ...common, message: none, ...end },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");
}
