import type { Report } from "./report.ts";
import type { ScanFile } from "./scan-file.ts";
import { lineOf } from "./scan-file.ts";

/** Phrases of pages that the registry's engine, scanners and readers object to. */
export function judgeText(file: ScanFile, report: Report): void {
  report("PREFLIGHT_INVISIBLE", file, invisibleLine(file));
  const tailnet = /http:\/\/100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d{1,3}\.\d{1,3}/u;
  report("PREFLIGHT_PLAIN_ADDRESS", file, lineOf(file, tailnet));
  if (file.kind === "manifest") {
    const source =
      /https?:\/\/(?:(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|is\.gd)\/|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?:\/|["']))/iu;
    report("PREFLIGHT_INSTALL_SOURCE", file, lineOf(file, source));
  }
  if (file.kind !== "markdown") return;
  const injection =
    /\bignore\s+(?:all\s+)?(?:previous|prior|earlier)\s+instructions|system\s*prompt\s*[:=]|\bdisregard\s+(?:all|any|your)\s+(?:previous\s+|prior\s+)?(?:instructions|rules)/iu;
  report("PREFLIGHT_INJECTION", file, lineOf(file, injection));
  const conceal =
    /\b(?:do\s+not|don't|never)\s+(?:tell|inform|notify|show|mention\s+(?:this|it)\s+to)\s+(?:this\s+to\s+)?the\s+user\s+(?:about|of|that)|\bwithout\s+(?:the\s+user\s+(?:knowing|noticing)|telling\s+the\s+user)|\bkeep\s+(?:this|it)\s+(?:secret|hidden)\s+from\s+the\s+user/iu;
  report("PREFLIGHT_CONCEALMENT", file, lineOf(file, conceal));
  report("PREFLIGHT_COMMENT", file, commentLine(file));
  report("PREFLIGHT_PAYLOAD", file, payloadLine(file));
  report("PREFLIGHT_DELETE", file, deleteLine(file));
  const template = /^\s*[A-Za-z_]\w*\s*=.{0,400}["']\$\{[A-Za-z_][\w-]*\}["']/u;
  if (/```(?:python|py|javascript|js|typescript|ts|shell|bash|sh)\b/iu.test(file.text)) {
    report("PREFLIGHT_TEMPLATE", file, lineOf(file, template));
  }
  const memory =
    /\b(?:[Aa]ppend|[Ww]rite|[Aa]dd|[Ss]ave)\b.{0,120}\b(?:SOUL|AGENTS|MEMORY|USER|TOOLS|CLAUDE|IDENTITY)\.md\b/u;
  report("PREFLIGHT_MEMORY", file, lineOf(file, memory));
}

function invisibleLine(file: ScanFile): number | undefined {
  const index = file.lines.findIndex((line, number) => {
    // A flag of a region is a black flag with tags behind it; emoji are joined by U+200D.
    const text = line.replaceAll(/\u{1f3f4}[\u{e0061}-\u{e007f}]+/gu, "");
    if (/[\u{e0000}-\u{e007f}\u202a-\u202e\u2066-\u2069\u200b\u2060\u00ad]/u.test(text))
      return true;
    if (text.slice(number === 0 ? 1 : 0).includes("\ufeff")) return true;
    return /[A-Za-z0-9][\u200c\u200d]+[A-Za-z0-9]/u.test(text);
  });
  return index === -1 ? undefined : index + 1;
}

function payloadLine(file: ScanFile): number | undefined {
  const { text } = file;
  if (!tellsToPaste(text)) return undefined;
  const encoded =
    /(?:echo|printf)\s+["'][A-Za-z0-9+/=\s]{40,4000}["']\s*\|\s*base64\s+-?[dD]\b[^\n|]{0,120}\|\s*(?:\/bin\/)?(?:ba)?sh\b/u;
  const pipe = /(?:curl|wget)\b[^\n|]{0,240}\|\s*(?:\/bin\/)?(?:ba)?sh\b/u;
  const bare =
    /https?:\/\/\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?:\/|["'])|installer-package\s*:\s*https?:/iu;
  const line = lineOf(file, encoded);
  if (line !== undefined) return line;
  return pipe.test(text) && bare.test(text) ? lineOf(file, pipe) : undefined;
}

function deleteLine(file: ScanFile): number | undefined {
  const deletes =
    /\brm\s+-[A-Za-z]*(?:r[A-Za-z]*f|f[A-Za-z]*r)[A-Za-z]*\s+["']?(?:(?:\/root|\/home\/[^/\s]+|\/Users\/[^/\s]+|~|\$\{?HOME\}?)\/\.openclaw\b|\/(?:etc|usr|opt|var|Library|Applications)\b|~\/?(?:\s|$)|\$\{?HOME\}?\/?["']?(?:\s|$))/u;
  const asks =
    /\bask\b.{0,120}\b(?:confirm|approv|continue|yes)|\b(?:user|explicit)\s+(?:confirmation|approval)\b|continue\?|\breply\s+["']?yes|\bafter\s+(?:the\s+)?user\b.{0,80}\b(?:confirms?|approves?|says?\s+yes|answers?\s+yes)/isu;
  const index = file.lines.findIndex(
    (line, number) =>
      deletes.test(line) &&
      !asks.test(file.lines.slice(Math.max(0, number - 8), number + 1).join("\n")),
  );
  return index === -1 ? undefined : index + 1;
}

function tellsToPaste(text: string): boolean {
  if (/run\s+it\s+in\s+terminal|open\s+terminal|for\s+macos\s*:/iu.test(text)) return true;
  // In steps: one pattern over all of it would take time that grows with its square.
  for (const { index } of text.matchAll(/copy|paste/giu)) {
    const near = text.slice(index, index + 240);
    if (/(?:command|snippet)[\s\S]{0,120}(?:terminal|shell)/iu.test(near)) return true;
  }
  return false;
}

const tellsToDo = /\b(?:run|execute|send|upload|fetch|delete|ignore|without\s+asking)\b/iu;

function commentLine({ text }: ScanFile): number | undefined {
  for (let at = text.indexOf("<!--"); at !== -1;) {
    const end = text.indexOf("-->", at);
    if (end === -1) return undefined;
    if (tellsToDo.test(text.slice(at, Math.min(end, at + 4000)))) {
      return text.slice(0, at).split("\n").length;
    }
    at = text.indexOf("<!--", end);
  }
  return undefined;
}
