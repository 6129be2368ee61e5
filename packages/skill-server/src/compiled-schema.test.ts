import { expect, test } from "vitest";

import { compiledSchema } from "./compiled-schema.ts";
import type { LockedTool } from "./locked-tool.ts";

const tool = (type: string): LockedTool => ({
  name: "skill_act",
  skill: "skill",
  action: "act",
  description: "",
  inputSchema: {
    type: "object",
    properties: { value: { type } },
    required: ["value"],
    additionalProperties: false,
  },
  readOnly: true,
});

test("a schema is compiled once for a tool, and another tool has its own", async () => {
  const [text, number] = [tool("string"), tool("integer")];
  expect(compiledSchema(text)).toBe(compiledSchema(text));
  const { validate } = compiledSchema(number)["~standard"];
  expect(await validate({ value: 1 })).not.toHaveProperty("issues");
  expect(await validate({ value: "1" })).toHaveProperty("issues");
  expect(await compiledSchema(text)["~standard"].validate({ value: "1" })).not.toHaveProperty(
    "issues",
  );
});

test("what a request got wrong is not remembered for the next one", async () => {
  const { validate } = compiledSchema(tool("string"))["~standard"];
  expect(await validate({ value: "1", more: true })).toHaveProperty("issues");
  expect(await validate({ value: "1" })).not.toHaveProperty("issues");
});
