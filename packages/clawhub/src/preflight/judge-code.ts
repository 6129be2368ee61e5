import type { Report } from "./report.ts";
import type { ScanFile } from "./scan-file.ts";
import { lineOf, lineOfText } from "./scan-file.ts";

const sends = /\bfetch\s*\(|\bhttps?\.request\s*\(|\baxios\b/u;
const pythonPost = /\b(?:requests|session|client|httpx)\.(?:post|put|request)\s*\(|\burlopen\s*\(/u;
const privateFile =
  /\.ssh\/|\.aws\/|\.netrc|\.gnupg|\/etc\/(?:passwd|shadow)|id_(?:rsa|ed25519)|[Kk]eychain|[Cc]ookies|credentials?\b|\.env\b|Login Data|(?:secret|token|passw(?:or)?d|private[-_]?key)/iu;
const ports: ReadonlySet<number> = new Set([80, 443, 3000, 8080, 8443]);
const guarded = /TemporaryDirectory|mkdtemp|tempfile\.|relative_to|is_relative_to/u;

/** Shapes of scripts that the registry's engine and scanners flag. */
export function judgeCode(file: ScanFile, declared: ReadonlySet<string>, report: Report): void {
  if (file.kind !== "code") return;
  const { text } = file;
  report("PREFLIGHT_SHELL", file, childProcessLine(file));
  const shellLine =
    /\bos\.(?:system|popen)\s*\(|\bsubprocess\.\w+\s*\([^)]{0,400}shell\s*=\s*True/u;
  report("PREFLIGHT_PYTHON_SHELL", file, lineOf(file, shellLine) ?? lineOfText(file, shellLine));
  const dynamic =
    /(?<![\w$.])eval\s*\((?!uate)|\bnew\s+Function\s*\(|\bloader\.exec_module\s*\(|(?<![\w$.])exec\s*\(\s*(?:compile|base64|sys\.argv|open)/u;
  report("PREFLIGHT_DYNAMIC_CODE", file, lineOf(file, dynamic));
  const hidden =
    /(?:\\x[0-9a-fA-F]{2}){6,}|(?:atob|Buffer\.from)\s*\(\s*["'][A-Za-z0-9+/=]{200,}["']/u;
  report("PREFLIGHT_OBFUSCATED", file, lineOf(file, hidden));
  report(
    "PREFLIGHT_MINING",
    file,
    lineOf(file, /stratum\+(?:tcp|ssl)|coinhive|cryptonight|xmrig/iu),
  );
  const tls =
    /_create_unverified_context|\bCERT_NONE\b|check_hostname\s*=\s*False|\bverify\s*=\s*False|rejectUnauthorized\s*:\s*false|NODE_TLS_REJECT_UNAUTHORIZED\s*=\s*["']?0/u;
  report("PREFLIGHT_TLS", file, lineOf(file, tls));
  report("PREFLIGHT_PORT", file, portLine(file));
  report("PREFLIGHT_SENDS_ENVIRONMENT", file, environmentLine(file, declared));
  report("PREFLIGHT_SENDS_FILE", file, sentFileLine(file));
  if (
    /eval\s+["']?\$\{?command\b/u.test(text) &&
    /OPENCLAW_AGENT_CALL|SAFE_EXEC_AUTO_CONFIRM|SAFEXEC_CONTEXT|I understand the risk/iu.test(text)
  ) {
    report("PREFLIGHT_CONFIRMATION", file, lineOf(file, /eval\s+["']?\$\{?command\b/u));
  }
  if (
    /\$\{?OPENCLAW_DIR|\/src\/(?:agents|tools)\//u.test(text) &&
    /\b(?:pnpm|npm\s+run|bun\s+run)\s+build\b/u.test(text)
  ) {
    report("PREFLIGHT_HOST_PATCH", file, lineOf(file, /\b(?:sed\s+-i|perl\s+-0?pi|cp\s|cat\s*>)/u));
  }
  if (/--outdir|args\.outdir/u.test(text) && !guarded.test(text)) {
    report("PREFLIGHT_FILE_WRITE", file, lineOf(file, /["']ffmpeg["'].{0,400}["']-y["']/u));
  }
  if (/\bfilename\b/u.test(text) && /\brclone\b/u.test(text) && !/basename|\.name\b/u.test(text)) {
    report("PREFLIGHT_FILE_WRITE", file, lineOf(file, /\bsubprocess\.run\s*\(/u));
  }
}

/** What a shell script does, in a file of its own or between fences of a page. */
export function judgeShell(file: ScanFile, report: Report): void {
  if (file.kind !== "code" && file.kind !== "markdown") return;
  const encoded = /\bbase64\s+(?:-d|-D|--decode)\b[^\n|]{0,120}\|\s*(?:\/bin\/)?(?:ba|z)?sh\b/u;
  report("PREFLIGHT_ENCODED_SHELL", file, lineOf(file, encoded));
  const remote = /\/dev\/(?:tcp|udp)\/|\bn(?:et)?cat?\s+(?:-\w+\s+)*-e\s|\bnc\s+-e\b/u;
  report("PREFLIGHT_REMOTE_SHELL", file, lineOf(file, remote));
  const pipe = /\b(?:curl|wget)\b[^\n|]{0,240}\|\s*(?:sudo\s+)?(?:\/bin\/)?(?:ba|z)?sh\b/u;
  report("PREFLIGHT_PIPE_TO_SHELL", file, lineOf(file, pipe));
  const privilege = /^\s*(?:[$#]\s+)?sudo\s|chmod\s+(?:-R\s+)?(?:0?777|a\+rwx?)\b/u;
  report("PREFLIGHT_PRIVILEGE", file, lineOf(file, privilege));
  const stays =
    />>\s*["']?(?:~|\$HOME|\$\{HOME\})\/\.(?:bashrc|zshrc|profile|bash_profile|zprofile)|\|\s*crontab\s+-|\bcrontab\s+-\s*$|\/LaunchAgents\/|systemctl\s+(?:--user\s+)?enable\b/u;
  report("PREFLIGHT_PERSISTENCE", file, lineOf(file, stays));
  const unpinned =
    /\b(?:npx|bunx|pnpm\s+dlx)\s+(?:-y\s+|--yes\s+)?(?:@[\w.-]+\/)?[\w.-]+@latest\b|\buvx\s+[\w.-]+@latest\b/u;
  report("PREFLIGHT_UNPINNED", file, lineOf(file, unpinned));
}

/** Shapes that are made of several files together. */
export function judgeTogether(files: readonly ScanFile[], report: Report): void {
  const all = files.map(({ text }) => text).join("\n");
  const answers =
    /submit-answer|agent-withdrawals|agents\/register|messages\/agent|\bsubmit_answer\b/u;
  if (
    /while\s+True\s*:|\bcron\b|time\.sleep\s*\(\s*\d{3,}|AUTO_ANSWER/u.test(all) &&
    /X-API-Key|api_key|AGENT_ID/iu.test(all)
  ) {
    const at = files.find((file) => answers.test(file.text));
    if (at !== undefined) report("PREFLIGHT_AUTONOMOUS", at, lineOf(at, answers));
  }
  const templated = /\b(?:shlex\.split|substitute_params)\s*\(/u;
  if (
    /\b(?:curl|requests\.get|fetch)\b.{0,600}(?:recipes?|patterns|error-codes)\.json/su.test(all) &&
    /subprocess\.run|child_process|\bexec\b/u.test(all)
  ) {
    const at = files.find((file) => templated.test(file.text));
    if (at !== undefined) report("PREFLIGHT_REMOTE_RECIPE", at, lineOf(at, templated));
  }
  for (const file of files) {
    const address = /\bBASE_URL\s*=\s*["']https:\/\/(?!your-|example\.|localhost|127\.)/iu;
    if (!address.test(file.text) || !/oauth\/|client_secret|Bearer/iu.test(file.text)) continue;
    if (!/invoice|amount_sats|LNURL|Lightning|PAYG/u.test(file.text)) continue;
    report("PREFLIGHT_BILLING", file, lineOf(file, address));
  }
}

function childProcessLine(file: ScanFile): number | undefined {
  if (!file.text.includes("child_process")) return undefined;
  const modules = processModules(file.text);
  const call =
    /(?:(?<owner>\w+)\??\.|child_process["']\s{0,4}\)\)?\??\.|(?<![\w$.]))(?<name>exec|execSync|spawn|spawnSync|execFile|execFileSync)\s{0,4}\(/gu;
  for (const match of file.text.matchAll(call)) {
    const [written] = match;
    const { owner, name = "" } = match.groups ?? {};
    // `pattern.exec(text)` is no process.
    if (owner !== undefined && !modules.has(owner)) continue;
    const rest = file.text.slice(match.index + written.length, match.index + written.length + 600);
    const literal = /^\s*(["'])([^"']+)\1\s*,\s*\[/u.exec(rest)?.[2];
    const isShell = /(?:^|\/)(?:sh|bash|zsh|fish|cmd|powershell|pwsh)(?:\.exe)?$/iu.test(
      literal ?? "",
    );
    const end = rest.indexOf(";") === -1 ? rest : rest.slice(0, rest.indexOf(";"));
    if (!name.startsWith("exec") || name.startsWith("execFile")) {
      if (literal !== undefined && !isShell && !/\bshell\s*:\s*true\b/u.test(end)) continue;
    }
    return file.text.slice(0, match.index).split("\n").length;
  }
  return undefined;
}

/** Names under which a program has the whole module. */
function processModules(text: string): ReadonlySet<string> {
  const named =
    /(\w+)\s{0,4}(?:=\s{0,4}(?:await\s{1,4})?(?:require|import)\s{0,4}\(|from)\s{0,4}["'](?:node:)?child_process/gu;
  return new Set([...text.matchAll(named)].map(([, name = ""]) => name));
}

function portLine(file: ScanFile): number | undefined {
  const index = file.lines.findIndex((line) => {
    const port = /new\s+WebSocket\s*\(\s*["'`]wss?:\/\/[^"'`/:]+:(\d+)/u.exec(line)?.[1];
    return port !== undefined && !ports.has(Number(port));
  });
  return index === -1 ? undefined : index + 1;
}

function environmentLine(file: ScanFile, declared: ReadonlySet<string>): number | undefined {
  const { text } = file;
  if (!sends.test(text) || !/process\.env/u.test(text)) return undefined;
  const isBroad =
    /process\.env(?!\s*(?:\??\.|\[))/u.test(text) || /process\.env\[\s*[^"'`\]]/u.test(text);
  const names = [...text.matchAll(/process\.env(?:\.|\[\s*["'])([A-Za-z_]\w*)/gu)].map(
    ([, name = ""]) => name.toUpperCase(),
  );
  const isCredential = names.some((name) =>
    /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASS|PAT)(?:_|$)/u.test(name),
  );
  const isDeclared = names.length > 0 && names.every((name) => declared.has(name));
  if (!isBroad && (isDeclared || !isCredential)) return undefined;
  return lineOf(file, /process\.env/u);
}

function sentFileLine(file: ScanFile): number | undefined {
  const { text } = file;
  if (sends.test(text)) {
    const reads = new RegExp(
      String.raw`readFile(?:Sync)?\s*\([^)]{0,400}(?:${privateFile.source})`,
      "iu",
    );
    const line = lineOf(file, reads);
    if (line !== undefined) return line;
  }
  if (pythonPost.test(text)) {
    const reads = new RegExp(
      String.raw`(?:open\s*\(|expanduser\s*\(|read_(?:text|bytes)).{0,400}(?:\.ssh|\.aws|\.netrc|\.gnupg|\/etc\/(?:passwd|shadow)|id_(?:rsa|ed25519)|credentials)`,
      "u",
    );
    const line = lineOf(file, reads) ?? lineOf(file, /b64encode\s*\([^)]{0,400}(?:read|open)/u);
    if (line !== undefined) return line;
  }
  if (/\bcurl\b[^\n]{0,400}(?:--data|--form|--upload-file|-[dFT]\b)/u.test(text)) {
    return lineOf(
      file,
      /\bbase64\b.{0,80}\$\w*(?:file|path|input|image|document)|\$\w*(?:file|path|input|image|document)\w*["']?\s*\|\s*base64/iu,
    );
  }
  return undefined;
}
