import { CodedError } from "@clawkeep/diagnostics";
import type { FaultReport } from "@clawkeep/native-engine";
import { segmentError } from "@clawkeep/segment";

import { requireUnit } from "../quantise.ts";
import { queryError } from "../query-error.ts";

/** An array for {@link engineFault}. */
export function faultReport(): FaultReport {
  return new Float64Array(3);
}

/** What a search or an opening was about, for the message of its fault. */
export interface FaultSubject {
  readonly path: string;
  readonly dimensions: number;
  readonly query?: Float32Array;
}

/** The error of a fault, as the portable engine words it. */
export function engineFault(report: FaultReport, subject: FaultSubject): Error {
  const [code = 0, first = 0, second = 0] = report;
  const { path } = subject;
  const section = `0x${first.toString(16).padStart(4, "0")}`;
  switch (code) {
    case 1:
      return queryFault(subject);
    case 2:
      return segmentError("SEGMENT_BOUNDS", `expected a vector below ${second}, got link ${first}`);
    case 3: {
      const message = `vector ${first} of a graph has no links on level ${second}`;
      return segmentError("SEGMENT_BOUNDS", message);
    }
    case 4: {
      const message = `vector ${second} of ${path} belongs to chunk ${first}, which is not there`;
      return segmentError("SEGMENT_BOUNDS", message);
    }
    case 5:
      return segmentError("SEGMENT_SECTION", `section ${section} of ${path} has another shape`);
    case 6: {
      const message = `block ${second} of section ${section} of ${path} does not match its digest`;
      return segmentError("SEGMENT_DIGEST", message);
    }
    case 7:
      return segmentError("SEGMENT_TRUNCATED", `${path} was cut short while it was open`);
    case 8:
      return segmentError("SEGMENT_DIGEST", `${path} was written to while it was open`);
    default:
      return readFault(first, path);
  }
}

function queryFault({ query, dimensions }: FaultSubject): Error {
  if (query === undefined || query.length !== dimensions) {
    return queryError(`expected ${dimensions} values, got ${query?.length ?? 0}`);
  }
  try {
    requireUnit(query, "VECTOR_QUERY", "a query");
  } catch (error) {
    return error as Error;
  }
  return queryError("expected a unit vector");
}

function readFault(errno: number, path: string): Error {
  const outOfMemory = 12;
  return errno === outOfMemory
    ? new CodedError({
        code: "VECTOR_MEMORY",
        message: `the vectors of ${path} do not fit in memory`,
        hint: "split the index",
      })
    : segmentError("SEGMENT_READ", `cannot read ${path}: error ${errno} of the system`);
}
