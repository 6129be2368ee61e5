import type { Finding } from "@clawkeep/diagnostics";
import fc from "fast-check";
import { expect, test } from "vitest";

import { installAnswer, installRefusal } from "./install-answer.ts";
import { readInstallRequest } from "./install-request.ts";

const request = {
  protocolVersion: 1,
  openclawVersion: "2026.9.6",
  targetType: "skill",
  targetName: "weather",
  sourcePath: "/var/staged/root",
  sourcePathKind: "directory",
  source: { kind: "clawhub" },
  origin: { type: "clawhub" },
  request: { kind: "skill-install", mode: "install" },
};

const error: Finding = {
  code: "SKILL_MISSING_DESCRIPTION",
  severity: "error",
  message: "expected a description",
  hint: "Write one.",
  file: "/var/staged/root/SKILL.md",
  line: 2,
  column: 1,
};

test("a request is read, and keys that are not known are left alone", () => {
  expect(readInstallRequest(JSON.stringify(request))).toEqual({
    targetType: "skill",
    targetName: "weather",
    sourcePath: "/var/staged/root",
    sourcePathKind: "directory",
    isProbe: false,
  });
});

test("the probe of openclaw doctor is known as one", () => {
  const probe = { ...request, origin: { type: "doctor" } };
  expect(readInstallRequest(JSON.stringify(probe)).isProbe).toBe(true);
});

test.each([
  ["", "not JSON"],
  ["[]", ""],
  [JSON.stringify({ ...request, protocolVersion: 2 }), "protocolVersion"],
  [JSON.stringify({ ...request, sourcePath: "relative" }), "sourcePath"],
])("%j is no request", (text, why) => {
  expect(() => readInstallRequest(text)).toThrow(
    expect.objectContaining({ code: "INSTALL_REQUEST", message: expect.stringContaining(why) }),
  );
});

test("an error blocks, with file and line", () => {
  const answer = installAnswer("/var/staged/root", [{ ...error, severity: "note" }, error]);
  expect(answer.decision).toBe("block");
  expect(answer.reason).toBe(
    "SKILL.md:2 SKILL_MISSING_DESCRIPTION: expected a description. Write one.",
  );
  expect(answer.findings?.[0]).toEqual({
    ruleId: "SKILL_MISSING_DESCRIPTION",
    severity: "critical",
    message: "expected a description. Write one.",
    file: "SKILL.md",
    line: 2,
  });
});

test("warnings and notes are told and do not block", () => {
  const answer = installAnswer("/f", [{ code: "X", severity: "warning", message: "hm" }]);
  expect(answer).toEqual({
    protocolVersion: 1,
    decision: "allow",
    findings: [{ ruleId: "X", severity: "warn", message: "hm" }],
  });
  expect(installAnswer("/f", [])).toEqual({ protocolVersion: 1, decision: "allow" });
});

test("whatever is found, OpenClaw takes the answer: reason, at most 100 findings, errors first", () => {
  const finding = fc.record({
    code: fc.constantFrom("A", "B"),
    severity: fc.constantFrom("error" as const, "warning" as const, "note" as const),
    message: fc.string({ minLength: 1, maxLength: 2000 }),
  });
  fc.assert(
    fc.property(fc.array(finding, { maxLength: 150 }), (findings) => {
      const answer = installAnswer("/f", findings);
      const errors = findings.filter(({ severity }) => severity === "error").length;
      expect(answer.decision).toBe(errors > 0 ? "block" : "allow");
      expect((answer.reason ?? "").length > 0).toBe(errors > 0);
      const told = answer.findings ?? [];
      expect(told.length).toBe(Math.min(findings.length, 100));
      expect(told.filter(({ severity }) => severity === "critical").length).toBe(
        Math.min(errors, 100),
      );
      expect(told.every(({ message }) => message.length <= 1000)).toBe(true);
    }),
  );
});

test("a refusal gives its reason", () => {
  expect(installRefusal("only skills").reason).toBe("only skills");
});
