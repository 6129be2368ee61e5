import { oneLine } from "./one-line.ts";

/** Markup is looked for in this much of a heading: a title is shorter, and patterns take their time. */
const maxMarkup = 400;

/** Takes the inline markup off a heading: `## **Use** [it](#x) {#id}` reads "Use it". */
export function headingTitle(markdown: string): string {
  let text = markdown.replace(/\s+/gu, " ").slice(0, maxMarkup).toWellFormed();
  if (/[[<]/u.test(text)) {
    text = text
      .replace(/!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/gu, "$1")
      .replace(/\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/gu, "$1")
      .replace(/<\/?[a-z][^>]*>|<!--[^]*?-->/giu, " ");
  }
  text = text
    .replace(/ ?\{#[^{}]*\} ?$/u, "")
    .replace(/(\*\*|__|~~)(\S(?:.*?\S)?)\1/gu, "$2")
    .replace(/(?<![\w*])([*_])(\S(?:.*?\S)?)\1(?![\w*])/gu, "$2")
    .replace(/(`+)(.+?)\1/gu, (_match, _ticks, code: string) => code.trim())
    .replace(/\\([!-/:-@[-`{-~])/gu, "$1");
  return oneLine(text);
}
