/** How much of a long line is shown on either side of where it differs, in bytes. */
const around = 60;

/**
 * Says where a request differs from the recorded one, for a person: the line, and how it was and is.
 *
 * @param expected Undefined when nothing more was recorded.
 * @param got What was heard of it; it may go on, and it may be cut where the difference was seen.
 */
export function requestDifference(expected: Buffer | undefined, got: Buffer): string {
  if (expected === undefined) return `was not recorded: got ${lineAt(got, 0)}`;
  if (got.length === 0) return `never came: expected ${lineAt(expected, 0)}`;
  const shorter = Math.min(expected.length, got.length);
  let at = 0;
  while (at < shorter && expected[at] === got[at]) at += 1;
  if (at === got.length) {
    return `ended after ${at} of ${expected.length} bytes: expected ${lineAt(expected, at)}, got ${lineAt(got, at)}`;
  }
  const line = expected.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
  return `differs in line ${line} (byte ${at + 1}): expected ${lineAt(expected, at)}, got ${lineAt(got, at)}`;
}

/** The line around a byte, quoted, cut on both sides when it is long. */
function lineAt(bytes: Buffer, at: number): string {
  const begin = at === 0 ? 0 : bytes.lastIndexOf(0x0a, at - 1) + 1;
  const newline = bytes.indexOf(0x0a, at);
  const end = newline === -1 ? bytes.length : newline + 1;
  const from = Math.max(begin, at - around);
  const to = Math.min(end, at + around);
  const text = JSON.stringify(bytes.subarray(from, to).toString("utf8"));
  return `${from > begin ? "…" : ""}${text}${to < end ? "…" : ""}`;
}
