import { mkdir, writeFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { ensurePrivateFolder } from "@clawkeep/durable-files";
import { z } from "zod";

const answer = z.looseObject({ ok: z.boolean().optional(), browserUrl: z.string().max(8192) });

/**
 * The one-time link in what `openclaw dashboard --json` printed. Its secret must be in the fragment: browsers send
 * a fragment to nobody.
 *
 * @throws CodedError `UI_LINK`
 */
export function dashboardLink(stdout: string, port: number): string {
  try {
    const { browserUrl } = answer.parse(JSON.parse(stdout));
    const url = new URL(browserUrl);
    const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
    if (url.search === "" && url.username === "" && isLocal && url.port === String(port)) {
      return url.href;
    }
    throw new Error("another address, or a query");
  } catch (cause) {
    throw new CodedError({
      code: "UI_LINK",
      message: `expected a link to 127.0.0.1:${port} with its secret in the fragment, got something else`,
      hint: "Is the gateway ready (`claw health`), and is it the OpenClaw that apply started?",
      cause,
    });
  }
}

/**
 * Writes a page that only this uid can read and that leads to the link, so that no argument of the browser holds it.
 * The page before it is removed; a link is good for one use and ten minutes.
 */
export async function writeLinkPage(folder: string, link: string): Promise<string> {
  await ensurePrivateFolder(folder);
  const at = join(folder, "ui");
  await rm(at, { recursive: true, force: true });
  await mkdir(at, { mode: 0o700 });
  const file = join(at, "open.html");
  const target = JSON.stringify(link).replaceAll("<", "\\u003c");
  const page = `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>OpenClaw</title><script>location.replace(${target})</script>\n`;
  await writeFile(file, page, { mode: 0o600, flag: "wx" });
  return file;
}
