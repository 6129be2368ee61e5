import { oneLine } from "./one-line.ts";

/** Takes the inline markup off a heading: `## **Use** [it](#x) {#id}` reads "Use it". */
export function headingTitle(markdown: string): string {
  let text = markdown;
  if (/[[<]/u.test(text)) {
    text = text
      .replace(/!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/gu, "$1")
      .replace(/\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/gu, "$1")
      .replace(/<\/?[a-z][^>]*>|<!--[^]*?-->/giu, " ");
  }
  text = text
    .replace(/\s*\{#[^}]*\}\s*$/u, "")
    .replace(/(\*\*|__|~~)(\S(?:.*?\S)?)\1/gu, "$2")
    .replace(/(?<![\w*])([*_])(\S(?:.*?\S)?)\1(?![\w*])/gu, "$2")
    .replace(/(`+)(.+?)\1/gu, (_match, _ticks, code: string) => code.trim())
    .replace(/\\([!-/:-@[-`{-~])/gu, "$1");
  return oneLine(text);
}
