import type { Block } from "./block.ts";
import { oneLine } from "./one-line.ts";

const definition = /^(?:create|alter|drop|comment\s+on)\s[^(;]{1,200}/iu;

/**
 * Cuts SQL into statements at semicolons outside of quotes, comments, dollar quotes and `BEGIN … END` that
 * a dollar quote holds. What a statement creates or alters is its heading.
 */
export function sqlBlocks(body: string): readonly Block[] {
  const blocks: Block[] = [];
  let start = 0;
  for (const end of [...statementEnds(body), body.length]) {
    const text = body.slice(start, end);
    const ink = text.trim();
    if (ink !== "") {
      const from = start + text.search(/\S/u);
      const lineStart = body.lastIndexOf("\n", from - 1) + 1;
      const first =
        lineStart >= start && body.slice(lineStart, from).trim() === "" ? lineStart : from;
      const bare = ink.replace(/^(?:\s*(?:--[^\n]*(?:\n|$)|\/\*[^]*?\*\/))+\s*/u, "");
      const name = oneLine(definition.exec(bare)?.[0] ?? "");
      blocks.push({
        kind: name === "" ? "code" : "heading",
        start: first,
        end: from + ink.length,
        level: name === "" ? 0 : 1,
        title: name,
        trail: name === "" ? [] : [name],
      });
    }
    start = end;
  }
  return blocks;
}

function* statementEnds(body: string): Generator<number, void, undefined> {
  for (let at = 0; at < body.length; at += 1) {
    const code = body.charAt(at);
    if (code === ";") {
      yield at + 1;
    } else if (code === "'" || code === '"' || code === "`") {
      at = endOf(body, code, at + 1);
    } else if (code === "-" && body.charAt(at + 1) === "-") {
      at = endOf(body, "\n", at + 2);
    } else if (code === "/" && body.charAt(at + 1) === "*") {
      at = endOf(body, "*/", at + 2) + 1;
    } else if (code === "$") {
      const tag = /^\$(?:[A-Za-z_]\w{0,60})?\$/u.exec(body.slice(at, at + 64))?.[0];
      at = tag === undefined ? at : endOf(body, tag, at + tag.length) + tag.length - 1;
    }
  }
}

/** Where a mark begins, or the end. A doubled quote ends one literal and begins the next. */
function endOf(body: string, mark: string, from: number): number {
  const found = body.indexOf(mark, from);
  return found === -1 ? body.length : found;
}
