import type { Description } from "./read-description.ts";
import type { Report } from "./report.ts";
import type { ScanFile } from "./scan-file.ts";
import { lineOf } from "./scan-file.ts";

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/u));

/** Words of the shell, and programs that every system has. */
const everywhere = words(
  `cd echo export set unset source if then else elif fi for do done while until case esac function in test
  true false exit return read printf local alias eval exec shift trap wait type command time cat ls cp mv rm
  mkdir rmdir touch grep egrep sed awk sort uniq head tail wc tr cut find xargs tee chmod chown ln pwd date
  env sleep kill ps which sh bash zsh sudo su diff basename dirname mktemp tar gzip gunzip less more man
  open xdg-open id whoami uname hostname df du stat file nohup yes seq openclaw clawhub clawkeep-skill`,
);
const installers = words(
  "brew apt apt-get dnf yum pacman apk pip pip3 pipx npm pnpm yarn cargo go gem uv winget",
);
const usual =
  /^(?:PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|TMP|TEMP|PWD|SHELL|TERM|NODE_ENV|CI|HOSTNAME|EDITOR|OPENCLAW_\w+|XDG_\w+|PYTHON\w*)$/u;
const network =
  /\bfetch\s*\(|\burlopen\s*\(|\brequests\.(?:get|post|put)\s*\(|\bhttps?\.(?:get|request)\s*\(|\baxios\b|\bhttpx\.|^\s*(?:[$#]\s+)?(?:curl|wget)\s/u;

/** Compares what a skill declares with what its text and its scripts use. */
export function judgeDeclared(
  files: readonly ScanFile[],
  manifest: ScanFile,
  description: Description,
  report: Report,
): void {
  const said = new Set<string>();
  for (const { command, line } of fencedCommands(manifest)) {
    if (description.programs.has(command) || everywhere.has(command) || said.has(command)) continue;
    said.add(command);
    report("PREFLIGHT_BINARY_UNDECLARED", manifest, line, command);
  }
  for (const file of files) {
    if (file.kind !== "code" && file !== manifest) continue;
    for (const { name, line } of variablesOf(file)) {
      const key = name.toUpperCase();
      if (usual.test(key) || description.variables.has(key) || said.has(`$${key}`)) continue;
      said.add(`$${key}`);
      report("PREFLIGHT_VARIABLE_UNDECLARED", file, line, key);
    }
  }
  const offline = /\b(?:offline|(?:without|needs?\s+no|no)\s+(?:any\s+)?(?:network|internet))\b/iu;
  if (!offline.test(`${description.text}\n${manifest.text}`)) return;
  const user = files.find((file) => file.kind === "code" && lineOf(file, network) !== undefined);
  const fenced = fencedCommands(manifest).find(({ command }) => /^(?:curl|wget)$/u.test(command));
  if (user !== undefined) report("PREFLIGHT_NETWORK_UNDECLARED", user, lineOf(user, network));
  else report("PREFLIGHT_NETWORK_UNDECLARED", manifest, fenced?.line);
}

interface Used {
  readonly command: string;
  readonly line: number;
}

/** The first words of what stands between fences of a shell. */
function fencedCommands({ lines }: ScanFile): readonly Used[] {
  const used: Used[] = [];
  let isShell = false;
  let heredoc: string | undefined;
  let isContinued = false;
  for (const [index, line] of lines.entries()) {
    if (/^\s*(?:```|~~~)/u.test(line)) {
      isShell = !isShell && /^\s*(?:```|~~~)\s*(?:sh|bash|shell|zsh|console)\b/u.test(line);
      heredoc = undefined;
      isContinued = false;
    } else if (isShell && heredoc !== undefined) {
      if (line.trim() === heredoc) heredoc = undefined;
    } else if (isShell) {
      if (!isContinued) {
        for (const command of commandsOf(line)) used.push({ command, line: index + 1 });
      }
      isContinued = /\\\s*$/u.test(line);
      heredoc = /<<-?\s*["']?(\w+)/u.exec(line)?.[1];
    }
  }
  return used;
}

function commandsOf(line: string): readonly string[] {
  const plain = line
    .replace(/^\s*[$>%]\s+/u, "")
    .replaceAll(/"[^"]*"|'[^']*'/gu, "_")
    .replace(/(?:^|\s)#.*$/u, "");
  // A quote that stays open holds a text or another language.
  if (/["']/u.test(plain))
    return plain.search(/["']/u) > 0 ? firstOf(plain.slice(0, plain.search(/["']/u))) : [];
  return plain.split(/\|\||&&|[|;]/u).flatMap((part) => firstOf(part));
}

function firstOf(part: string): readonly string[] {
  const tokens = part
    .trim()
    .split(/\s+/u)
    .filter((token) => token !== "sudo");
  const [first = "", second = ""] = tokens.slice(
    tokens.findIndex((token) => !/^[A-Za-z_]\w*=/u.test(token)),
  );
  if (!/^[a-z][a-z0-9._+-]*$/u.test(first)) return [];
  if (installers.has(first) && /^(?:install|add|i|get|tool|-g|update|upgrade)$/u.test(second))
    return [];
  return [first];
}

function variablesOf(file: ScanFile): readonly { readonly name: string; readonly line: number }[] {
  const reads =
    file.kind === "code"
      ? /process\.env(?:\.|\[\s*["'])([A-Za-z_]\w*)|\bos\.environ(?:\.get)?\s*[[(]\s*["']([A-Za-z_]\w*)|\bgetenv\s*\(\s*["']([A-Za-z_]\w*)/gu
      : /\$\{?([A-Z][A-Z0-9_]*_(?:KEY|TOKEN|SECRET|PASSWORD))\b/gu;
  return file.lines.flatMap((text, index) =>
    [...text.matchAll(reads)].map((match) => ({
      name: match.slice(1).find((name) => name !== undefined) ?? "",
      line: index + 1,
    })),
  );
}
