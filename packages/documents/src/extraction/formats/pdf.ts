import { getDocumentProxy } from "unpdf";

import { Refusal } from "../child/refusal.ts";
import { cleanText, TextBuilder } from "../child/text-builder.ts";
import type { Extraction } from "../extraction.ts";
import { joinDrawnAccents } from "./drawn-accents.ts";

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

/** Further pages are left out, with a warning. */
const maxPages = 5000;
const maxOutline = 5000;
const maxOutlineDepth = 6;

/** Words are further apart than so many line heights. */
const wordGap = 0.2;
/** A jump of the baseline by more than so many line heights ends a line: less is a raised or lowered word. */
const lineGap = 0.7;
/** A jump of the baseline by more than so many line heights begins a paragraph. */
const paragraphGap = 1.7;

/** The text layer of a PDF, a unit a page; headings are those of its outline. */
export async function extractPdf(bytes: Uint8Array): Promise<Extraction> {
  const pdf = await openPdf(bytes);
  const builder = new TextBuilder("pdf-2", "page");
  const outline = await readOutline(pdf);
  const warnings: string[] = [];
  const count = Math.min(pdf.numPages, maxPages);
  if (count < pdf.numPages) {
    warnings.push(`its pages after ${maxPages} of ${pdf.numPages} are left out`);
  }
  for (let page = 1; page <= count; page += 1) {
    builder.unit(page, { forced: true });
    try {
      const paragraphs = await readPage(pdf, page);
      addPage(builder, paragraphs, outline.get(page) ?? []);
    } catch (error) {
      if (error instanceof Refusal) {
        throw error;
      }
      if (warnings.length < 8) {
        warnings.push(`page ${page} cannot be read: ${String(error).slice(0, 200)}`);
      }
    }
  }
  const title = await titleOf(pdf);
  return {
    ...builder.finish(),
    ...(title === "" ? {} : { title }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

async function openPdf(bytes: Uint8Array): Promise<Pdf> {
  try {
    return await getDocumentProxy(new Uint8Array(bytes), {
      useSystemFonts: false,
      disableFontFace: true,
      stopAtErrors: false,
      verbosity: 0,
    });
  } catch (error) {
    if (error instanceof Error && error.name === "PasswordException") {
      throw new Refusal("DOCUMENT_ENCRYPTED", "it is encrypted with a password");
    }
    throw error;
  }
}

/** Lines of a page, in the order of the page's content, parted into paragraphs by larger gaps. */
async function readPage(pdf: Pdf, number: number): Promise<readonly (readonly string[])[]> {
  const page = await pdf.getPage(number);
  try {
    const { items } = await page.getTextContent({ disableNormalization: false });
    const paragraphs: string[][] = [[]];
    let line = "";
    let [lastY, lastEnd, lastHeight]: [number | undefined, number, number] = [undefined, 0, 0];
    const endLine = (): void => {
      const text = joinDrawnAccents(cleanText(line)).replace(/\s+/gu, " ").trim();
      if (text !== "") {
        paragraphs.at(-1)?.push(text);
      }
      line = "";
    };
    for (const item of items) {
      if (!("str" in item)) {
        continue;
      }
      const [x, y] = [Number(item.transform[4]), Number(item.transform[5])];
      const height = item.height > 0 ? item.height : lastHeight;
      const ink = item.str.trim() !== "";
      if (ink && lastY !== undefined) {
        const jump = Math.abs(y - lastY) / Math.max(height, lastHeight, 1);
        const gap = (x - lastEnd) / Math.max(height, lastHeight, 1);
        if (jump > lineGap || gap < -lineGap) {
          endLine();
        } else if (gap > wordGap && !/\s$/u.test(line)) {
          line += " ";
        }
        if (jump > paragraphGap && (paragraphs.at(-1)?.length ?? 0) > 0) {
          paragraphs.push([]);
        }
      }
      line += item.str;
      if (item.hasEOL) {
        endLine();
      }
      if (ink) {
        [lastY, lastEnd, lastHeight] = [y, x + item.width, height];
      }
    }
    endLine();
    return paragraphs;
  } finally {
    page.cleanup();
  }
}

function addPage(
  builder: TextBuilder,
  paragraphs: readonly (readonly string[])[],
  entries: readonly OutlineEntry[],
): void {
  const open = [...entries];
  for (const lines of paragraphs) {
    let block: string[] = [];
    for (const line of lines) {
      const at = open.findIndex(({ title }) => sameTitle(title, line));
      const [entry] = at === -1 ? [] : open.splice(at, 1);
      if (entry === undefined) {
        block.push(line);
      } else {
        builder.add("paragraph", joinLines(block));
        block = [];
        builder.heading(entry.depth, line);
      }
    }
    builder.add("paragraph", joinLines(block));
  }
}

/** A word that was parted at the end of a line is one word again, as `pdftotext` has it. */
function joinLines(lines: readonly string[]): string {
  return lines.join("\n").replace(/(?<=\p{L})-\n(?=\p{Ll})/gu, "");
}

interface OutlineEntry {
  readonly title: string;
  readonly depth: number;
}

interface OutlineNode {
  readonly title: string;
  readonly dest: unknown;
  readonly items: readonly OutlineNode[];
}

/** Entries of the outline by the page that they point to. */
async function readOutline(pdf: Pdf): Promise<ReadonlyMap<number, readonly OutlineEntry[]>> {
  const byPage = new Map<number, OutlineEntry[]>();
  try {
    let left = maxOutline;
    const walk = async (nodes: readonly OutlineNode[], depth: number): Promise<void> => {
      for (const { title, dest, items } of nodes) {
        left -= 1;
        if (left < 0) {
          return;
        }
        const target: unknown = typeof dest === "string" ? await pdf.getDestination(dest) : dest;
        const place: unknown = Array.isArray(target) ? target[0] : undefined;
        if (typeof place === "object" && place !== null) {
          const page = (await pdf.getPageIndex(place as Parameters<Pdf["getPageIndex"]>[0])) + 1;
          byPage.set(page, [...(byPage.get(page) ?? []), { title, depth }]);
        }
        if (depth < maxOutlineDepth) {
          await walk(items, depth + 1);
        }
      }
    };
    await walk((await pdf.getOutline()) ?? [], 1);
  } catch {
    // An outline that cannot be read costs its headings.
  }
  return byPage;
}

/** Outlines leave section numbers out, or pages do. */
function sameTitle(title: string, line: string): boolean {
  const bare = (text: string): string =>
    text
      .replace(/^[\d.\s]+(?=\p{L})/u, "")
      .replace(/\s+/gu, " ")
      .trim()
      .toLowerCase();
  return title.trim() !== "" && bare(title) === bare(line);
}

async function titleOf(pdf: Pdf): Promise<string> {
  try {
    const { info } = await pdf.getMetadata();
    const title: unknown = "Title" in info ? info.Title : undefined;
    const text = typeof title === "string" ? cleanText(title).replace(/\s+/gu, " ").trim() : "";
    const isVague =
      /^(?:untitled|\(anonymous\)|document\d*|microsoft word - .*|.*\.(?:docx?|tex|dvi))$/iu;
    return isVague.test(text) ? "" : text.slice(0, 300).toWellFormed();
  } catch {
    return "";
  }
}
