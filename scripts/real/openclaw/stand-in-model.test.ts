import { describe, expect, test } from "vitest";

import { startStandInModel } from "./stand-in-model.ts";
import type { StandInModel } from "./stand-in-model.ts";

interface Line {
  readonly done: boolean;
  readonly message: {
    readonly content: string;
    readonly tool_calls?: readonly { readonly function: { readonly name: string } }[];
  };
}

const said = (role: string, content: string): object => ({ role, content });
const note = said("user", "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>> Active exec sessions: none");

async function ask(model: StandInModel, messages: readonly object[]): Promise<readonly Line[]> {
  const tools = [{ function: { name: "read" } }];
  const response = await fetch(`${model.url}/api/chat`, {
    method: "POST",
    body: JSON.stringify({ model: "stand-in", stream: true, messages, tools }),
  });
  return (await response.text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

describe("the stand-in for a model", () => {
  test("calls tools in the order of its script, then says what they gave", async () => {
    await using model = await startStandInModel();
    model.script([
      { tool: "read", arguments: { path: "a" } },
      (outputs) => ({ say: `read: ${outputs.join()}` }),
    ]);
    const [first, end] = await ask(model, [said("user", "go")]);
    expect(first?.message.tool_calls?.[0]?.function.name).toBe("read");
    expect([first?.done, end?.done]).toEqual([false, true]);
    const [second] = await ask(model, [said("user", "go"), said("tool", "text"), note]);
    expect(second?.message.content).toBe("read: text");
    expect(model.offered).toEqual(["read"]);
    expect(model.toolOutputs).toEqual(["text"]);
    expect(model.requests).toHaveLength(2);
  });

  test("begins its script again at what the user said last", async () => {
    await using model = await startStandInModel();
    model.script([{ say: "first" }, { say: "second" }]);
    const [line] = await ask(model, [
      said("user", "one"),
      said("tool", "x"),
      note,
      said("user", "two"),
    ]);
    expect(line?.message.content).toBe("first");
  });

  test("says that it is done beyond its script, and knows no other path", async () => {
    await using model = await startStandInModel();
    const [line] = await ask(model, [said("user", "go")]);
    expect(line?.message.content).toBe("done");
    expect((await fetch(`${model.url}/api/pull`, { method: "POST" })).status).toBe(404);
  });
});
