import { metricFamilies, bucketBounds } from "./metric-families.ts";
import { readMetrics, sealMetrics } from "./metrics-text.ts";
import type { RunSample } from "./run-sample.ts";

/**
 * Adds samples to the text of a metrics file, or begins one.
 * @param file for messages
 * @throws CodedError METRICS_FOREIGN, METRICS_DAMAGED
 */
export async function mergeSamples(
  text: string | undefined,
  samples: readonly RunSample[],
  file: string,
): Promise<string> {
  const before = text === undefined ? [] : readMetrics(text, file);
  // Most runs are not measured, and do not pay for loading it.
  // By its default: a bundler gives a CommonJS module that is loaded late no other name.
  const { default: prometheus } = await import("prom-client");
  const { AggregatorRegistry, Counter, Histogram, Registry } = prometheus;
  const registry = new Registry();
  const labelNames = ["skill", "action"];
  const counter = ({ name, help }: { readonly name: string; readonly help: string }) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const histogram = ({ name, help }: { readonly name: string; readonly help: string }) =>
    new Histogram({ name, help, labelNames, buckets: [...bucketBounds], registers: [registry] });
  const runs = counter(metricFamilies.runs);
  const failures = counter(metricFamilies.failures);
  const refusals = counter(metricFamilies.refusals);
  const timeouts = counter(metricFamilies.timeouts);
  const errors = counter(metricFamilies.errors);
  const outputBytes = counter(metricFamilies.outputBytes);
  const duration = histogram(metricFamilies.duration);
  const queue = histogram(metricFamilies.queue);
  for (const sample of samples) {
    const labels = { skill: sample.skill, action: sample.action };
    const isRun = sample.kind === "run";
    // Zeros too: a rate needs a series that was there before the first failure.
    runs.inc(labels, isRun ? 1 : 0);
    failures.inc(labels, sample.hasFailed ? 1 : 0);
    refusals.inc(labels, sample.kind === "refusal" ? 1 : 0);
    timeouts.inc(labels, sample.hasTimedOut ? 1 : 0);
    errors.inc(labels, sample.kind === "error" ? 1 : 0);
    outputBytes.inc(labels, sample.outputBytes);
    if (isRun) {
      duration.observe(labels, sample.durationSeconds);
      queue.observe(labels, sample.queueSeconds);
    }
  }
  const added = await registry.getMetricsAsJSON();
  const merged = AggregatorRegistry.aggregate([before, added]);
  return sealMetrics(await merged.metrics());
}
