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
 * One line that is written over and over, or one JSON object a line, each with the speed and the time that is
 * left as soon as they can be told.
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
  let [stage, started, last, dirty] = ["", now(), Number.NEGATIVE_INFINITY, false];
  let first = 0;
  return {
    report: (progress) => {
      const time = now();
      if (progress.stage !== stage) {
        [stage, started, last] = [progress.stage, time, Number.NEGATIVE_INFINITY];
        first = progress.stage === "embed" ? progress.done : 0;
      }
      const pace = paceOf(progress, first, time - started);
      if (form === "ndjson") {
        output.write(`${JSON.stringify({ ...progress, ...pace })}\n`);
        return;
      }
      const complete = progress.stage === "embed" && progress.done === progress.total;
      if (time - last < leastInterval && !complete) {
        return;
      }
      last = time;
      dirty = true;
      output.write(`\r${describe(progress, pace)}\u001b[K`);
    },
    end: () => {
      if (dirty) {
        output.write("\r\u001b[K");
      }
    },
  };
}

interface Pace {
  readonly perSecond?: number;
  readonly secondsLeft?: number;
}

/** The speed of a stage whose end is known, and the time that is left at that speed. Empty before the first step. */
function paceOf(progress: IndexProgress, first: number, elapsed: number): Pace {
  if (progress.stage !== "embed" || progress.done <= first || elapsed <= 0) {
    return {};
  }
  const speed = ((progress.done - first) / elapsed) * 1000;
  return {
    perSecond: Math.round(speed * 10) / 10,
    secondsLeft: Math.ceil((progress.total - progress.done) / speed),
  };
}

function describe(progress: IndexProgress, { perSecond, secondsLeft }: Pace): string {
  switch (progress.stage) {
    case "scan":
      return `looking at files: ${progress.files}`;
    case "embed": {
      const rest =
        perSecond === undefined || secondsLeft === undefined
          ? ""
          : `, ${perSecond.toFixed(0)}/s, ${formatSeconds(secondsLeft)} left`;
      return `embedding: ${progress.done} of ${progress.total} passages${rest}`;
    }
    case "write":
      return `writing ${progress.chunks} passages`;
    default:
      return "published";
  }
}

/** Whole seconds as people say them. */
function formatSeconds(whole: number): string {
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
