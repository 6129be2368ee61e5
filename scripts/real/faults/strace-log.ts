/** One system call out of a log of `strace -f -y`. */
export interface SystemCall {
  readonly thread: string;
  readonly name: string;
  /** Of the file that it works on; where a file is renamed from. */
  readonly path: string;
  /** Where a file is renamed to. */
  readonly to?: string;
  /** Places in the log where it began and where it came back; undefined when it never did. */
  readonly began: number;
  readonly ended?: number;
  /** Which call of its name it is in its thread, from 1: what `when=` of an injection counts. */
  readonly nth: number;
}

/** Reads a log of `strace -f -y -o`; lines that are no calls are left out. */
export function readStraceLog(text: string): readonly SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const [place, line] of text.split("\n").entries()) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/u.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>/u.exec(rest);
    if (resumed !== null) {
      const at = open.get(thread);
      const call = at === undefined ? undefined : calls[at];
      if (at !== undefined && call !== undefined && !rest.endsWith("= ?")) {
        calls[at] = { ...call, ended: place };
      }
      continue;
    }
    const [, name, args = ""] = /^(\w+)\((.*)$/u.exec(rest) ?? [];
    if (name === undefined) {
      continue;
    }
    const key = `${thread} ${name}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    const isOver = !rest.includes("<unfinished ...>") && !rest.endsWith("= ?");
    if (!isOver) {
      open.set(thread, calls.length);
    }
    calls.push({
      thread,
      name,
      ...pathsOf(args),
      began: place,
      nth,
      ...(isOver ? { ended: place } : {}),
    });
  }
  return calls;
}

function pathsOf(args: string): Pick<SystemCall, "path" | "to"> {
  const descriptor = /^\d+<([^>]*)>/u.exec(args);
  if (descriptor !== null) {
    return { path: descriptor[1] ?? "" };
  }
  const names = [...args.matchAll(/"((?:[^"\\]|\\.)*)"/gu)].map(([, name = ""]) => name);
  const [path = "", to] = names;
  return to === undefined ? { path } : { path, to };
}
