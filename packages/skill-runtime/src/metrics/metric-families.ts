/** One metric of the file. All have the labels `skill` and `action`. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "histogram";
}

type FamilyName =
  | "runs"
  | "failures"
  | "refusals"
  | "timeouts"
  | "errors"
  | "outputBytes"
  | "duration"
  | "queue";

/** All metrics, in the order of the file. */
export const metricFamilies: Readonly<Record<FamilyName, MetricFamily>> = {
  runs: {
    name: "clawkeep_skill_runs_total",
    help: "Runs that ended, by whatever end",
    type: "counter",
  },
  failures: {
    name: "clawkeep_skill_failures_total",
    help: "Runs whose end the contract does not call done or no, or whose output it does not take",
    type: "counter",
  },
  refusals: {
    name: "clawkeep_skill_refusals_total",
    help: "Requests of which nothing was run",
    type: "counter",
  },
  timeouts: {
    name: "clawkeep_skill_timeouts_total",
    help: "Runs that were ended because their time was over",
    type: "counter",
  },
  errors: {
    name: "clawkeep_skill_errors_total",
    help: "Requests that ended in an error of the runtime itself",
    type: "counter",
  },
  outputBytes: {
    name: "clawkeep_skill_output_bytes_total",
    help: "Bytes of output that callers got",
    type: "counter",
  },
  duration: {
    name: "clawkeep_skill_duration_seconds",
    help: "From the start of a program, or from the request to a resident one, to the end",
    type: "histogram",
  },
  queue: {
    name: "clawkeep_skill_queue_seconds",
    help: "What a request waited for its turn",
    type: "histogram",
  },
};

/** Upper bounds in seconds of both histograms: a version 1 file has these and no others. */
export const bucketBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];
