import type { Admission } from "../src/index.ts";

/** What a walk gave, in a form that tests can compare. */
export interface Gathered {
  readonly paths: readonly string[];
  /** `CODE path`. */
  readonly findings: readonly string[];
  readonly steps: readonly Admission[];
}

/** Runs a walk to its end. */
export async function gather(walk: AsyncIterable<Admission>): Promise<Gathered> {
  const steps: Admission[] = [];
  for await (const step of walk) {
    steps.push(step);
  }
  return {
    steps,
    paths: steps.flatMap((step) => (step.kind === "file" ? [step.path] : [])),
    findings: steps.flatMap((step) =>
      step.kind === "finding" ? [`${step.finding.code} ${step.finding.file ?? ""}`] : [],
    ),
  };
}
