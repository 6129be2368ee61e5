import { describe, expect, test } from "vitest";

import { renderDeployment } from "../artifacts/render-deployment.ts";
import { plainSpecs } from "../spec/specs.cases.ts";
import { parseSpec } from "../spec/parse-spec.ts";

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };

function file(text: string, path: string): string {
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return renderDeployment(spec, place).find((one) => one.path === path)?.text ?? "";
}

describe("L17: soft rules for the model", () => {
  test.each(plainSpecs)("$name: say of themselves that they are advice", ({ text }) => {
    const advice = file(text, "config/AGENTS.md");
    expect(advice).toContain("## Tools\n\nThis is advice");
    expect(advice).toContain("Nothing enforces it");
    for (const words of ["git commit", "git push", "git reset --hard", "/etc"])
      expect(advice).toContain(`\`${words}\``);
    expect(file(text, "EXPOSED.md")).toContain("AGENTS.md in the agent's workspace is advice");
  });

  test("are copied by the image to where the agent works, once, for a new volume", () => {
    const single = "deploy: 1\nprofile: single-container\nmodels: {primary: ollama/gpt-oss:20b}\n";
    expect(file(single, "Dockerfile")).toContain(
      'COPY --chown=1000:1000 ["config/AGENTS.md", "/data/workspace/AGENTS.md"]\n',
    );
    expect(file(single, "compose.yaml")).not.toContain("AGENTS.md");
  });

  test("reach each agent of a list, whose folder is below the shared one", () => {
    const several =
      "deploy: 1\nprofile: cage\nmodels: {primary: ollama/gpt-oss:20b}\nagents: {phi3: {model: ollama/gpt-oss:20b}}\n";
    const text = file(several, "Dockerfile");
    for (const name of ["main", "phi3"])
      expect(text).toContain(`"/home/node/.openclaw/workspace/${name}/AGENTS.md"]`);
  });
});
