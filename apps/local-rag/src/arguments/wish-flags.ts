import type { Flag } from "./command-table.ts";

/** The flags of `wishesOfFlags`. */
export const wishFlags: readonly Flag[] = [
  { name: "words", about: "take every character of the question as text: no operators" },
  {
    name: "filter",
    value: "FILTER",
    about: 'only documents that meet it, such as "tag=ops AND mtime>2026-01-01"',
  },
  {
    name: "scope",
    value: "PATHS",
    about: "only these folders or files of the workspace, separated by commas",
  },
  { name: "context", value: "N", about: "passages before and after each hit, 0 to 10" },
  {
    name: "diversity",
    value: "0…1",
    about: "how much a passage should differ from those before it (default: 0)",
  },
  {
    name: "max-tokens",
    value: "N",
    about: "most tokens of all passages, as the model counts them",
  },
  { name: "max-bytes", value: "N", about: "most bytes of all passages" },
];
