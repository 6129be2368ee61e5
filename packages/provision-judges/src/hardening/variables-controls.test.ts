import { expect, test } from "vitest";

import { variablesFindings } from "./variables-controls.ts";

const file = (path: string, text: string): { path: string; kind: string; text: string } => ({
  path,
  kind: path.startsWith(".env") ? "compose-variables" : "compose",
  text,
});
const base = file("compose.yaml", "name: claw-home\n");
const good = "COMPOSE_PROJECT_NAME=claw-home\nCOMPOSE_FILE=compose.yaml\nCOMPOSE_PROFILES=\n";

test.each([
  ["as it is rendered", good, 0],
  ["another project", good.replace("claw-home", "claw-x"), 1],
  [
    "an overlay that is not there",
    good.replace("compose.yaml", "compose.yaml:compose.open.yaml"),
    1,
  ],
  ["no base", good.replace("compose.yaml", "compose.internet.yaml"), 1],
  ["a profile that leads out", good.replace("PROFILES=", "PROFILES=setup"), 1],
  ["a secret", `${good}OPENCLAW_GATEWAY_TOKEN=x\n`, 1],
])("L22: variables of compose with %s", (_what, text, count) => {
  const env = file(".env.example", text);
  expect(variablesFindings(env, [base, env])).toHaveLength(count);
});
