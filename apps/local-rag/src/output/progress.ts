import type { Writable } from "node:stream";

import type { IndexProgress } from "@clawkeep/retrieval";

/** How progress is written. */
export type ProgressForm = "text" | "ndjson" | "none";

/** Writes progress until its end. */
export interface ProgressWriter {
  readonly report: (progress: IndexProgress) => void;
  readonly end: () => void;
}

/** Between two lines of the same stage, in milliseconds: a terminal shows no more. */
const leastInterval = 100;

/**
 * One line that is written over and over, with the time that is left, or one JSON object a line.
 *
 * @param now Milliseconds, from any origin.
 */
export function progressWriter(
  form: ProgressForm,
  output: Pick<Writable, "write">,
  now: () => number = () => performance.now(),
): ProgressWriter {
  if (form === "none") {
    return { report: () => {}, end: () => {} };
  }
  if (form === "ndjson") {
    return {
      report: (progress) => {
        output.write(`${JSON.stringify(progress)}\n`);
      },
      end: () => {},
    };
  }
  let [stage, started, last, dirty] = ["", now(), Number.NEGATIVE_INFINITY, false];
  let first = 0;
  return {
    report: (progress) => {
      const time = now();
      if (progress.stage !== stage) {
        [stage, started, last] = [progress.stage, time, Number.NEGATIVE_INFINITY];
        first = progress.stage === "embed" ? progress.done : 0;
      }
      const complete = progress.stage === "embed" && progress.done === progress.total;
      if (time - last < leastInterval && !complete) {
        return;
      }
      last = time;
      dirty = true;
      output.write(`\r${describe(progress, first, time - started)}\u001b[K`);
    },
    end: () => {
      if (dirty) {
        output.write("\r\u001b[K");
      }
    },
  };
}

function describe(progress: IndexProgress, first: number, elapsed: number): string {
  switch (progress.stage) {
    case "scan":
      return `looking at files: ${progress.files}`;
    case "embed": {
      const speed = elapsed > 0 ? ((progress.done - first) / elapsed) * 1000 : 0;
      const left = speed > 0 ? (progress.total - progress.done) / speed : undefined;
      const rest = left === undefined ? "" : `, ${speed.toFixed(0)}/s, ${formatSeconds(left)} left`;
      return `embedding: ${progress.done} of ${progress.total} passages${rest}`;
    }
    case "write":
      return `writing ${progress.chunks} passages`;
    default:
      return "published";
  }
}

/** Seconds as people say them. */
function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
