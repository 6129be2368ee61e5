import { readdirSync, readFileSync } from "node:fs";

/** `O_CLOEXEC` in the octal flags of `/proc/self/fdinfo/N`; the same on x86-64 and arm64. */
const CLOSE_ON_EXEC = 0o2000000;

/**
 * Descriptors from 3 up that a child of this process would inherit. Node marks its own as
 * close-on-exec, but not every one that its own parent left open. Empty where `/proc` is absent.
 */
export function inheritedDescriptors(): readonly number[] {
  let names: readonly string[];
  try {
    names = readdirSync("/proc/self/fdinfo");
  } catch {
    return [];
  }
  const inherited: number[] = [];
  for (const name of names) {
    const descriptor = Number(name);
    if (descriptor < 3) {
      continue;
    }
    try {
      const flags = /^flags:\s*([0-7]+)$/mu.exec(
        readFileSync(`/proc/self/fdinfo/${name}`, "latin1"),
      );
      if (flags?.[1] !== undefined && (Number.parseInt(flags[1], 8) & CLOSE_ON_EXEC) === 0) {
        inherited.push(descriptor);
      }
    } catch {
      // The descriptor that listed the folder is gone by now.
    }
  }
  return inherited;
}
