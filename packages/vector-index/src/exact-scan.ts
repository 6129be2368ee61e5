import { CandidateList } from "./candidate-list.ts";
import { tileRows } from "./kernel/code-kernel.ts";
import type { CodeKernel } from "./kernel/code-kernel.ts";

/** The `most` best of all rows by key for the query of the kernel, of those that `allows` lets in. */
export function scanAll(
  kernel: CodeKernel,
  rows: number,
  most: number,
  allows?: (row: number) => boolean,
): CandidateList {
  const list = new CandidateList(most);
  if (most === 0) {
    return list;
  }
  const { keys } = kernel;
  // Rows come by ascending id, so a key equal to the worst of a full list cannot get in.
  let floor = -Infinity;
  for (let first = 0; first < rows; first += tileRows) {
    const count = Math.min(tileRows, rows - first);
    kernel.scan(first, count);
    for (let index = 0; index < count; index += 1) {
      const key = keys[index] ?? 0;
      if (key > floor && (allows === undefined || allows(first + index))) {
        list.insert(key, first + index);
        if (list.size === most) {
          floor = list.keys[most - 1] ?? 0;
        }
      }
    }
  }
  return list;
}
