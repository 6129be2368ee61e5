import fc from "fast-check";
import { expect, test } from "vitest";

import { editSpec } from "./edit-spec.ts";
import { parseSpec } from "./parse-spec.ts";
import { richSpecs } from "./specs.cases.ts";

const text = `# mine
deploy: 1
profile: notebook

models:
  # the large one
  primary: ollama/gpt-oss:20b # asked on Monday
gateway: {port: 18800, ui: true}
`;

test("C21: an edit keeps comments, blank lines and the order of keys", () => {
  expect(editSpec(text, [{ path: ["models", "primary"], value: "ollama/qwen2.5-coder:7b" }])).toBe(
    text.replace("gpt-oss:20b", "qwen2.5-coder:7b"),
  );
});

test("C23: what was not there is added", () => {
  const edited = editSpec(text, [
    { path: ["gateway", "origins"], value: ["https://claw.example.net"] },
    { path: ["agents", "kimi"], value: { model: "ollama/kimi-k2.5:cloud" } },
  ]);
  const { spec } = parseSpec(Buffer.from(edited), "deploy.yaml");
  expect(spec?.gateway.origins).toEqual(["https://claw.example.net"]);
  expect(spec?.agents).toEqual({ kimi: { model: "ollama/kimi-k2.5:cloud" } });
  expect(edited).toContain("# asked on Monday");
});

test.each(["", "[", "a: b: c"])("a text that is no spec is refused: %j", (broken) => {
  expect(() => editSpec(broken, [{ path: ["name"], value: "x" }])).toThrow(
    expect.objectContaining({ code: "DEPLOY_NOT_EDITED" }),
  );
});

test("an edit with the value that is there changes no meaning of any spec", () => {
  fc.assert(
    fc.property(fc.constantFrom(...richSpecs), ({ text: before }) => {
      const { spec } = parseSpec(Buffer.from(before), "deploy.yaml");
      const edited = editSpec(before, [
        { path: ["models", "primary"], value: spec?.models.primary },
      ]);
      expect(parseSpec(Buffer.from(edited), "deploy.yaml").spec).toEqual(spec);
    }),
  );
});
