import type { FilterArchitecture } from "../seccomp/rules.ts";

/** The architecture of this process, where there is a table of system calls for it. */
export function filterArchitecture(): FilterArchitecture | undefined {
  return process.platform === "linux" && (process.arch === "x64" || process.arch === "arm64")
    ? process.arch
    : undefined;
}
