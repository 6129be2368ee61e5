import { CodedError } from "@clawkeep/diagnostics";
import { digestBytes } from "@clawkeep/integrity";
import type { MetricObjectWithValues, MetricType, MetricValueWithName } from "prom-client";

import { bucketBounds, metricFamilies } from "./metric-families.ts";
import type { MetricFamily } from "./metric-families.ts";
import { labelPattern } from "./run-sample.ts";

/** A family and its values, as prom-client's `AggregatorRegistry.aggregate` takes them. */
export type MetricValues = MetricObjectWithValues<MetricValueWithName<string>>;

const header = "# clawkeep-skill metrics 1";
const samplePattern =
  /^(?<name>[a-z_]+)\{(?:le="(?<le>[^"]*)",)?skill="(?<skill>[^"]*)",action="(?<action>[^"]*)"\} (?<value>\S+)$/u;
const numberPattern = /^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[+-][0-9]+)?$/u;
const bounds: ReadonlySet<string> = new Set([...bucketBounds.map(String), "+Inf"]);

/** Makes the file from what prom-client printed: a version before it, a digest of all of it after it. */
export function sealMetrics(body: string): string {
  const text = `${header}\n${body}`;
  return `${text}# digest ${digestBytes(text)}\n`;
}

/**
 * Reads what {@link sealMetrics} made.
 * @throws CodedError METRICS_FOREIGN (nothing that we wrote), METRICS_DAMAGED
 */
export function readMetrics(text: string, file: string): MetricValues[] {
  if (!text.startsWith(`${header}\n`)) {
    throw new CodedError({
      code: "METRICS_FOREIGN",
      message: `${file}: expected a file that begins with "${header}", got something else`,
      hint: "It was left as it is. Name another file, or remove this one.",
    });
  }
  const end = text.lastIndexOf("\n", text.length - 2) + 1;
  const body = text.slice(0, end);
  if (text.slice(end) !== `# digest ${digestBytes(body)}\n`) {
    throw damaged(file, "its last line is not the digest of the others");
  }
  const families = new Map<string, { readonly family: MetricFamily; readonly values: Sample[] }>();
  for (const family of Object.values(metricFamilies)) {
    families.set(family.name, { family, values: [] });
  }
  const seen = new Set<string>();
  for (const line of body.slice(header.length + 1).split("\n")) {
    if (line === "" || isDescription(line)) continue;
    const sample = readSample(line);
    const of = sample && families.get(sample.family);
    const key = line.slice(0, line.lastIndexOf(" "));
    if (sample === undefined || of === undefined || seen.has(key)) {
      throw damaged(file, `it has the line ${JSON.stringify(line.slice(0, 200))}`);
    }
    seen.add(key);
    of.values.push(sample.value);
  }
  return [...families.values()].map(({ family: { name, help, type }, values }) => ({
    name,
    help,
    // The enum exists only in the types; prom-client's own values are these strings.
    type: type as unknown as MetricType,
    aggregator: "sum",
    values,
    collect: () => undefined,
  }));
}

type Sample = MetricValueWithName<string>;

function isDescription(line: string): boolean {
  return Object.values(metricFamilies).some(
    ({ name, help, type }) =>
      line === `# HELP ${name} ${help}` || line === `# TYPE ${name} ${type}`,
  );
}

function readSample(line: string): { readonly family: string; readonly value: Sample } | undefined {
  const {
    name = "",
    le,
    skill = "",
    action = "",
    value = "",
  } = samplePattern.exec(line)?.groups ?? {};
  const part = /^(?<family>clawkeep_skill_(?:duration|queue)_seconds)_(?<part>bucket|sum|count)$/u;
  const { family = name, part: kind } = part.exec(name)?.groups ?? {};
  const number = Number(value);
  const isGood =
    labelPattern.test(skill) &&
    labelPattern.test(action) &&
    numberPattern.test(value) &&
    Number.isFinite(number) &&
    (kind === "sum" || Number.isSafeInteger(number)) &&
    (kind === "bucket" ? bounds.has(le ?? "") : le === undefined) &&
    // A histogram's own name has no value.
    (kind !== undefined || !name.endsWith("_seconds"));
  if (!isGood) return undefined;
  const labels = { ...(le === undefined ? {} : { le }), skill, action };
  // A counter's values have no name of their own: they are summed by it.
  const named =
    kind === undefined ? { labels, value: number } : { labels, value: number, metricName: name };
  return { family, value: named };
}

function damaged(file: string, what: string): CodedError {
  return new CodedError({
    code: "METRICS_DAMAGED",
    message: `${file}: expected metrics as they were written, but ${what}`,
    hint: "It was left as it is. Move it away, and counting begins anew.",
  });
}
