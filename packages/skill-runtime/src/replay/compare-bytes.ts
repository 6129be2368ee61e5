/** Where and how two outputs differ, to be read by a person. */
export interface ByteDifference {
  /** Bytes that are equal before the first difference: the shorter's length when it begins the longer. */
  readonly offset: number;
  /** `text` when both are UTF-8 without NUL: rows are lines. `hex`: rows are 16 bytes each. */
  readonly form: "text" | "hex";
  /** Number of the first line that differs, from 1. With `text` only. */
  readonly line?: number;
  /** Around the first difference. Each begins with `-` (recorded), `+` (replayed) or a space (both). */
  readonly rows: readonly string[];
  /** How many rows of both are not shown after these. */
  readonly omitted: number;
}

/** Equal rows that are shown before and after. */
const contextRows: number = 2;
/** Differing rows that are shown of each side. */
const maxRows: number = 20;
/** UTF-16 units that are shown of a line. */
const maxWidth: number = 160;
const rowBytes: number = 16;

/** The difference of two outputs; `undefined` when they are equal, byte for byte. */
export function compareBytes(
  recorded: Uint8Array,
  replayed: Uint8Array,
): ByteDifference | undefined {
  const offset = commonLength(recorded, replayed);
  if (offset === recorded.length && offset === replayed.length) {
    return undefined;
  }
  const [before, now] = [textOf(recorded), textOf(replayed)];
  if (before !== undefined && now !== undefined) {
    const line = before.split("\n");
    const other = now.split("\n");
    const equal = commonLength(line, other);
    return { offset, form: "text", line: equal + 1, ...rowsOf(line, other, equal, cutAlike) };
  }
  // Outputs may be long, and behind a byte that was put in all rows differ: only some are made.
  const equal = Math.floor(offset / rowBytes);
  const from = Math.max(0, equal - contextRows);
  const to = equal + maxRows / 2;
  const window = (bytes: Uint8Array): readonly string[] => hexRows(bytes, from, to);
  const beyond = ({ length }: Uint8Array): number => Math.max(0, Math.ceil(length / rowBytes) - to);
  const { rows } = rowsOf(window(recorded), window(replayed), equal - from, (all) => all);
  return { offset, form: "hex", rows, omitted: beyond(recorded) + beyond(replayed) };
}

function commonLength<T>(a: ArrayLike<T>, b: ArrayLike<T>): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a[at] === b[at]) at += 1;
  return at;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

function rowsOf(
  recorded: readonly string[],
  replayed: readonly string[],
  equal: number,
  fit: (rows: readonly string[], from: number) => readonly string[],
): Pick<ByteDifference, "rows" | "omitted"> {
  const tail = commonLength(recorded.slice(equal).toReversed(), replayed.slice(equal).toReversed());
  const left = recorded.slice(equal, recorded.length - tail);
  const right = replayed.slice(equal, replayed.length - tail);
  const column = commonLength(left[0] ?? "", right[0] ?? "");
  const all = left.length <= maxRows && right.length <= maxRows;
  const show = (mark: string, rows: readonly string[], from = 0): readonly string[] =>
    fit(rows, from).map((row) => `${mark}${row}`);
  return {
    rows: [
      ...show(" ", recorded.slice(Math.max(0, equal - contextRows), equal)),
      ...show("-", left.slice(0, maxRows), column),
      ...show("+", right.slice(0, maxRows), column),
      ...(all ? show(" ", recorded.slice(recorded.length - tail).slice(0, contextRows)) : []),
    ],
    omitted: Math.max(0, left.length - maxRows) + Math.max(0, right.length - maxRows),
  };
}

/** Long lines are cut; the first of them to where they begin to differ. */
function cutAlike(rows: readonly string[], column: number): readonly string[] {
  return rows.map((row, index) => {
    const from = index === 0 && column > maxWidth / 2 ? column - maxWidth / 4 : 0;
    const shown = row.slice(from, from + maxWidth).toWellFormed();
    const end = from + maxWidth < row.length ? "…" : "";
    return `${from === 0 ? "" : "…"}${shown}${end}`;
  });
}

/** As `hexdump -C` prints them. */
function hexRows(bytes: Uint8Array, from: number, to: number): readonly string[] {
  const count = Math.max(0, Math.min(to, Math.ceil(bytes.length / rowBytes)) - from);
  return Array.from({ length: count }, (_, index) => {
    const start = (from + index) * rowBytes;
    const row = bytes.subarray(start, start + rowBytes);
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const ascii = Array.from(row, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
    ).join("");
    return `${start.toString(16).padStart(8, "0")}  ${hex.padEnd(rowBytes * 3 - 1)}  |${ascii}|`;
  });
}
