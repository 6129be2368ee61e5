import type { Block } from "./block.ts";
import { oneLine } from "./one-line.ts";

const delimiters: readonly string[] = [",", ";", "\t", "|"];

/**
 * Cuts CSV or TSV into records (RFC 4180: a quoted field may hold line ends). The names of the columns are
 * the heading of every record, so that a passage out of the middle says what its fields mean.
 */
export function recordBlocks(body: string): readonly Block[] {
  const records = recordsOf(body);
  const [first] = records;
  if (first === undefined) {
    return [];
  }
  const header = oneLine(namesOf(body.slice(first.start, first.end)).join(" | "));
  const trail = header === "" ? [] : [header];
  const none: readonly string[] = [];
  return records.map(({ start, end }, index) => ({
    kind: "table",
    start,
    end,
    level: 0,
    title: "",
    trail: index === 0 ? none : trail,
  }));
}

function recordsOf(body: string): readonly { readonly start: number; readonly end: number }[] {
  const records: { readonly start: number; readonly end: number }[] = [];
  let [start, quoted] = [0, false];
  const end = (at: number): void => {
    const ink = body.slice(start, at).trimEnd().length;
    if (ink > 0) {
      records.push({ start, end: start + ink });
    }
    start = at + 1;
  };
  for (let at = 0; at < body.length; at += 1) {
    const code = body.charCodeAt(at);
    if (code === 34) {
      quoted = !quoted;
    } else if (code === 10 && !quoted) {
      end(at);
    }
  }
  end(body.length);
  return records;
}

/** Fields of the first record, by whichever delimiter gives most. */
function namesOf(record: string): readonly string[] {
  const counts = delimiters.map((delimiter) => record.split(delimiter).length);
  const delimiter = delimiters[counts.indexOf(Math.max(...counts))] ?? ",";
  return record
    .split(delimiter)
    .map((name) => name.replace(/^\s*"|"\s*$/gu, "").trim())
    .filter((name) => name !== "");
}
