import { hex } from "./container-header.ts";
import { segmentError } from "./segment-error.ts";
import type { Segment, SectionEntry } from "./segment.ts";

/**
 * The entry of a section that must be there, with the stride and, where given, the count that its
 * group expects. Every group calls this for each of its sections before it reads one.
 * @throws CodedError `SEGMENT_SECTION`.
 */
export function requireSection(
  segment: Segment,
  id: number,
  stride: number,
  count?: number,
): SectionEntry {
  const entry = segment.entry(id);
  if (entry === undefined) {
    throw segmentError("SEGMENT_SECTION", `${segment.path} has no section ${hex(id)}`);
  }
  if (entry.stride !== stride || (count !== undefined && entry.count !== count)) {
    const expected = `expected ${count ?? "any number of"} elements of ${stride} bytes`;
    const got = `got ${entry.count} of ${entry.stride}`;
    const message = `${expected} in section ${hex(id)}, ${got} in ${segment.path}`;
    throw segmentError("SEGMENT_SECTION", message);
  }
  return entry;
}
