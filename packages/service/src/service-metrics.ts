/** Upper bounds of the time classes, in seconds. */
const bounds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

interface Times {
  readonly classes: number[];
  sum: number;
  count: number;
}

/** Counts and times of one process, in Prometheus' text format 0.0.4. */
export class ServiceMetrics {
  readonly #prefix: string;
  readonly #counts: Map<string, number> = new Map();
  readonly #times: Map<string, Times> = new Map();
  readonly #gauges: Map<string, () => number> = new Map();

  /** @param prefix Such as `clawkeep_local_rag`. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** One request to a route of the service: `code` is `ok` or an error code, `ms` how long it took. */
  request(route: string, code: string, ms: number): void {
    const label = `route="${escapeLabel(route)}"`;
    const counted = `${label},code="${escapeLabel(code)}"`;
    this.#counts.set(counted, (this.#counts.get(counted) ?? 0) + 1);
    const times = this.#times.get(label) ?? { classes: bounds.map(() => 0), sum: 0, count: 0 };
    this.#times.set(label, times);
    const seconds = ms / 1000;
    const place = bounds.findIndex((bound) => seconds <= bound);
    if (place >= 0) times.classes[place] = (times.classes[place] ?? 0) + 1;
    times.sum += seconds;
    times.count += 1;
  }

  /** A value that is read when somebody looks. */
  gauge(name: string, read: () => number): void {
    this.#gauges.set(name, read);
  }

  /** All of it. */
  text(): string {
    const name = this.#prefix;
    const lines = [`# TYPE ${name}_requests_total counter`];
    for (const [labels, count] of this.#counts) {
      lines.push(`${name}_requests_total{${labels}} ${count}`);
    }
    lines.push(`# TYPE ${name}_request_seconds histogram`);
    for (const [label, times] of this.#times) {
      let below = 0;
      for (const [place, bound] of bounds.entries()) {
        below += times.classes[place] ?? 0;
        lines.push(`${name}_request_seconds_bucket{${label},le="${bound}"} ${below}`);
      }
      lines.push(
        `${name}_request_seconds_bucket{${label},le="+Inf"} ${times.count}`,
        `${name}_request_seconds_sum{${label}} ${times.sum}`,
        `${name}_request_seconds_count{${label}} ${times.count}`,
      );
    }
    for (const [gauge, read] of this.#gauges) {
      lines.push(`# TYPE ${name}_${gauge} gauge`, `${name}_${gauge} ${read()}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
