import type { Block } from "./block.ts";
import { oneLine } from "./one-line.ts";

/** A member or element, and those inside it as far as they are looked at. */
interface Value {
  readonly key: string;
  readonly start: number;
  end: number;
  readonly children: Value[];
}

/** Members are cut apart down to here; what lies deeper stays with them. */
const maxDepth = 6;
/** A member that is shorter stays whole, in UTF-16 code units. */
const wholeLength = 600;
const maxKey = 200;

/**
 * Cuts JSON (comments allowed) at its members: a long member is cut at the members inside it, and its
 * keys are the headings there. One pass, no recursion over the input, whatever its depth.
 */
export function jsonBlocks(body: string): readonly Block[] {
  const root = scan(body);
  const blocks: Block[] = [];
  if (root !== undefined) {
    emit(body, root, root.start, root.end, [], blocks);
  }
  return blocks;
}

/** Undefined when brackets do not match. */
function scan(body: string): Value | undefined {
  const length = body.trimEnd().length;
  const root: Value = { key: "", start: 0, end: length, children: [] };
  const open: Value[] = [root];
  let [depth, key, ink, isValue] = [0, "", -1, false];
  const brackets: string[] = [];
  const begin = (at: number): void => {
    ink = ink === -1 ? at : ink;
  };
  const finish = (at: number): void => {
    if (ink !== -1 && depth > 0 && depth <= maxDepth) {
      const parent = open[depth - 1];
      const pending = open[depth];
      if (pending !== undefined && pending.end === -1) {
        pending.end = at;
      } else {
        parent?.children.push({ key, start: ink, end: at, children: [] });
      }
    }
    open.length = Math.min(open.length, Math.max(depth, 1));
    [ink, key, isValue] = [-1, "", false];
  };
  for (let at = 0; at < length; at += 1) {
    const character = body.charAt(at);
    switch (character) {
      case '"': {
        begin(at);
        const end = stringEnd(body, at);
        if (!isValue && depth <= maxDepth) {
          key = body.slice(at + 1, Math.min(end, at + maxKey));
        }
        at = end;
        break;
      }
      case "/":
        at = commentEnd(body, at);
        break;
      case "{":
      case "[": {
        begin(at);
        if (depth > 0 && depth < maxDepth) {
          const isMember = brackets.at(-1) === "{";
          const child = { key: isMember ? key : "", start: ink, end: -1, children: [] };
          open[depth - 1]?.children.push(child);
          open[depth] = child;
        }
        depth += 1;
        brackets.push(character);
        [ink, key, isValue] = [-1, "", false];
        break;
      }
      case "}":
      case "]":
        if (brackets.at(-1) !== (character === "}" ? "{" : "[")) {
          return undefined;
        }
        finish(at);
        depth -= 1;
        brackets.pop();
        ink = at;
        break;
      case ":":
        isValue = true;
        break;
      case ",":
        finish(at);
        break;
      default:
        if (character.trim() !== "") {
          begin(at);
        }
    }
  }
  return depth === 0 ? root : undefined;
}

/** Children tile their parent: nothing between them is lost, brackets and commas included. */
function emit(
  body: string,
  value: Value,
  start: number,
  end: number,
  trail: readonly string[],
  blocks: Block[],
): void {
  const { children } = value;
  if (children.length === 0 || end - start <= wholeLength) {
    const text = body.slice(start, end);
    const ink = text.trim();
    if (ink !== "") {
      const from = start + (text.length - text.trimStart().length);
      const { length } = ink;
      blocks.push({ kind: "code", start: from, end: from + length, level: 0, title: "", trail });
    }
    return;
  }
  for (const [index, child] of children.entries()) {
    const from = index === 0 ? start : child.start;
    const to = children[index + 1]?.start ?? end;
    const name = oneLine(child.key);
    const isSmall = to - from <= wholeLength;
    emit(body, child, from, to, name === "" || isSmall ? trail : [...trail, name], blocks);
  }
}

function stringEnd(body: string, start: number): number {
  for (let at = start + 1; at < body.length; at += 1) {
    const code = body.charCodeAt(at);
    if (code === 92) {
      at += 1;
    } else if (code === 34) {
      return at;
    }
  }
  return body.length;
}

function commentEnd(body: string, start: number): number {
  const next = body.charAt(start + 1);
  const end = next === "/" ? body.indexOf("\n", start) : body.indexOf("*/", start + 2);
  if (next !== "/" && next !== "*") {
    return start;
  }
  return end === -1 ? body.length : end + (next === "*" ? 1 : 0);
}
