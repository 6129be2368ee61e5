import { expect, test } from "vitest";

import { approvalsDocument, execConfiguration } from "./approvals-document.ts";

test("what is not listed is denied, nobody is asked, and no skill brings programs along [L19]", () => {
  const entry = { pattern: "/opt/approved/clawkeep-finder", argPattern: "^query\0$" };
  const policy = { ask: "off", askFallback: "deny", autoAllowSkills: false };
  expect(approvalsDocument("main", [entry])).toEqual({
    version: 1,
    defaults: { security: "deny", ...policy },
    agents: { main: { security: "allowlist", ...policy, allowlist: [entry] } },
  });
});

test("no safe bins run beside the approved commands", () => {
  const { tools, skills } = execConfiguration("/opt/approved/skills");
  expect(tools.exec).toEqual({
    host: "gateway",
    mode: "allowlist",
    strictInlineEval: true,
    safeBins: [],
  });
  expect(skills.load.extraDirs).toEqual(["/opt/approved/skills"]);
});
