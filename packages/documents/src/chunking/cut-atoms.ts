import type { Block } from "../reading/block.ts";
import type { Atom, AtomLimits } from "./atom.ts";
import { splitBlock } from "./split-block.ts";

const headingCost = 0;
/** A heading belongs to what it stands above. */
const behindHeadingCost = 1.5;
const blockCost = 0.25;
/** A line that ends with a colon introduces the block below it. */
const introducedCost = 0.5;
const marginCost = 0.1;

/** Cuts the blocks of a body into atoms with the headings that hold for each. */
export function cutAtoms(
  text: string,
  blocks: readonly Block[],
  limits: AtomLimits,
): readonly Atom[] {
  const atoms: Atom[] = [];
  const open: { readonly level: number; readonly title: string }[] = [];
  let trail: readonly string[] = [];
  for (const block of blocks) {
    if (block.kind === "heading") {
      while ((open.at(-1)?.level ?? 0) >= block.level) {
        open.pop();
      }
      open.push({ level: block.level, title: block.title });
      trail = open.map(({ title }) => title).filter((title) => title !== "");
    }
    trail = block.trail ?? trail;
    const breakCost = costBefore(text, block, atoms.at(-1));
    for (const atom of atomsOf(text, block, trail, limits, breakCost)) {
      const previous = atoms.at(-1);
      if (previous !== undefined && mayJoin(previous, atom, limits)) {
        atoms[atoms.length - 1] = {
          ...previous,
          end: atom.end,
          tokens: previous.tokens + atom.tokens,
        };
      } else {
        atoms.push(atom);
      }
    }
  }
  return atoms;
}

function atomsOf(
  text: string,
  block: Block,
  trail: readonly string[],
  limits: AtomLimits,
  breakCost: number,
): readonly Atom[] {
  const { start, end } = block;
  const heading = block.kind === "heading";
  if (end - start <= limits.maxLength) {
    const tokens = limits.countTokens(text.slice(start, end));
    if (tokens <= limits.maxTokens) {
      return [{ start, end, tokens, breakCost, forced: block.forced ?? false, heading, trail }];
    }
  }
  return splitBlock(text, block, limits).map((piece, index) => ({
    ...piece,
    ...(index === 0
      ? { breakCost, heading, forced: piece.forced || block.forced === true }
      : { heading: false }),
    trail,
  }));
}

function costBefore(text: string, block: Block, previous: Atom | undefined): number {
  if (block.kind === "heading") {
    return headingCost;
  }
  if (previous?.heading === true) {
    return behindHeadingCost;
  }
  if (block.kind === "code" && /\S/u.test(text.charAt(block.start))) {
    return marginCost;
  }
  const introduced = previous !== undefined && text.charAt(previous.end - 1) === ":";
  return introduced ? introducedCost : blockCost;
}

/** Joins atoms of a few words each: it bounds the work of planning, and nobody would part them. */
function mayJoin(previous: Atom, atom: Atom, limits: AtomLimits): boolean {
  const few = limits.maxTokens / 24;
  return (
    !atom.heading &&
    !previous.heading &&
    !atom.forced &&
    previous.trail === atom.trail &&
    previous.tokens + atom.tokens <= few &&
    atom.end - previous.start <= limits.maxLength / 16
  );
}
