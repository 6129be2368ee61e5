import type { Finding } from "@clawkeep/diagnostics";
import { hasErrors, sortFindings } from "@clawkeep/diagnostics";
import { readStrictYaml, readText, shapeFindings } from "@clawkeep/skill-format";

import { checkSpec } from "./check-spec.ts";
import type { DeploymentSpec } from "./deployment-spec.ts";
import { resolveSpec } from "./resolve-spec.ts";
import { specSchema } from "./spec-schema.ts";

/** A deployment, or the errors that say why there is none. Warnings and notes stand beside both. */
export interface SpecResult {
  readonly spec: DeploymentSpec | undefined;
  readonly findings: readonly Finding[];
}

/** Reads `deploy.yaml` (or the same as JSON) of version 1 and says everything that is wrong with it at once. */
export function parseSpec(bytes: Uint8Array, file: string): SpecResult {
  const { text, findings: textFindings } = readText(bytes, file);
  if (text === undefined) return { spec: undefined, findings: textFindings };
  const yaml = readStrictYaml(text, { file });
  if (yaml.findings.length > 0) return { spec: undefined, findings: yaml.findings };
  const version = versionOf(yaml.value);
  if (version !== undefined && version !== 1) {
    // A file of another version is judged by no rule of this one.
    const finding: Finding = {
      code: "DEPLOY_VERSION",
      severity: "error",
      message: `expected deploy: 1, got ${JSON.stringify(version)}`,
      hint: "Use a version of claw that knows it, or write the file as version 1.",
      ...yaml.locate(["deploy"]),
    };
    return { spec: undefined, findings: [finding] };
  }
  const shape = specSchema.safeParse(yaml.value);
  if (!shape.success) {
    const findings = shapeFindings(shape.error, {
      yaml,
      prefix: "DEPLOY",
      guide: "docs/deploy.md",
    });
    return { spec: undefined, findings: sortFindings([...textFindings, ...findings]) };
  }
  const spec = resolveSpec(shape.data);
  const findings: Finding[] = [...textFindings];
  for (const { path, ...problem } of checkSpec(spec, shape.data)) {
    findings.push({ ...problem, ...yaml.locate(path) });
  }
  return { spec: hasErrors(findings) ? undefined : spec, findings: sortFindings(findings) };
}

function versionOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "deploy" in value
    ? value.deploy
    : undefined;
}
