/** One system call of a trace, or the end of a task. */
export type TraceEvent =
  | {
      readonly kind: "call";
      /** Number of the thread that made it, as `strace` sees it. */
      readonly task: number;
      readonly name: string;
      readonly args: readonly string[];
      /** Empty when the call never came back. */
      readonly result: string;
    }
  | { readonly kind: "end"; readonly task: number };

/**
 * Reads what `strace -f -y -xx -X raw -o FILE` writes: with these options every text is in hexadecimal
 * escapes, so that no name can look like something else. A call that others interrupted stands where it began.
 */
export function parseTrace(text: string): readonly TraceEvent[] {
  const events: (
    | TraceEvent
    | { readonly kind: "open"; readonly at: string; readonly task: number }
  )[] = [];
  const open = new Map<number, number>();
  for (const line of text.split("\n")) {
    const [, number = "", rest = ""] = /^(\d+) +(.*)$/u.exec(line) ?? [];
    const task = Number(number);
    if (rest.startsWith("+++ ")) {
      events.push({ kind: "end", task });
    } else if (rest.endsWith(" <unfinished ...>")) {
      open.set(task, events.length);
      events.push({ kind: "open", task, at: rest.slice(0, -" <unfinished ...>".length) });
    } else if (rest.startsWith("<... ")) {
      const index = open.get(task) ?? -1;
      const begun = events[index];
      const resumed = rest.replace(/^<\.\.\. \w+ resumed>/u, "");
      const call = begun?.kind === "open" ? parseCall(task, `${begun.at}${resumed}`) : undefined;
      if (call !== undefined) {
        events[index] = call;
      }
      open.delete(task);
    } else {
      const call = parseCall(task, rest);
      if (call !== undefined) {
        events.push(call);
      }
    }
  }
  return events.flatMap((event) => {
    if (event.kind !== "open") {
      return [event];
    }
    const call = parseCall(event.task, `${event.at}) = ?`);
    return call === undefined ? [] : [call];
  });
}

/** The bytes between the quotes of a text, or the file in brackets behind a descriptor. */
export function unescape(argument: string): string | undefined {
  const quoted = /^@?"((?:\\x[0-9a-f]{2})*)"/u.exec(argument)?.[1];
  const bracketed = /^-?\d+<((?:\\x[0-9a-f]{2})*)>/u.exec(argument)?.[1];
  const hex = quoted ?? bracketed;
  return hex === undefined
    ? undefined
    : Buffer.from(hex.replaceAll("\\x", ""), "hex").toString("utf8");
}

/** A flag word such as `0x241`, `0666` or `0x1200000|17`. */
export function flagsOf(argument: string | undefined): number {
  return (argument ?? "").split("|").reduce((all, word) => all | (Number(word) || 0), 0);
}

function parseCall(task: number, text: string): (TraceEvent & { kind: "call" }) | undefined {
  const name = /^(\w+)\(/u.exec(text)?.[1];
  if (name === undefined) {
    return undefined;
  }
  const args: string[] = [];
  let depth = 0;
  let from = name.length + 1;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if ("([{".includes(character)) {
      depth += 1;
    } else if (")]}".includes(character) && depth > 0) {
      depth -= 1;
    } else if (depth === 0 && (character === "," || character === ")")) {
      const argument = text.slice(from, at).trim();
      if (argument !== "") {
        args.push(argument);
      }
      from = at + 1;
      if (character === ")") {
        const result = text.slice(from).trim();
        return { kind: "call", task, name, args, result: result.replace(/^= /u, "") };
      }
    }
  }
  return undefined;
}
