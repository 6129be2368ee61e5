import type { Report } from "./report.ts";
import type { ScanFile } from "./scan-file.ts";
import { lineOf } from "./scan-file.ts";

const field =
  /(?:^|[^a-z0-9])(?:[a-z0-9]{1,30}[_\s-]){0,4}(?:(?:api|client|consumer|secret|access|private|service)[_\s-]?(?:role[_\s-]?)?(?:key|token|secret)|(?:auth|bearer|github|refresh)[_\s-]?token|token|secret|password|passwd|authorization|x-api-key)["'`]?\s{0,4}[:=]\s{0,4}(?:bearer\s{1,4})?(?:(["'`])([^"'`\s]{15,200})\1|([A-Za-z0-9][^\s,;#)"'`]{15,200}))/iu;
const known =
  /(?:^|[^A-Za-z0-9])(?:sk[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{20,}|gh[opsur]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|xox[abprs]-[A-Za-z0-9-]{15,}|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{30,}|ya29\.[0-9A-Za-z_-]{20,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.)/u;
const placeholder =
  /your|example|placeholder|change-?me|replace|redacted|dummy|sample|<|>|\$|\{|\*{3}|\.{3}|xxx|process\.env|environ|getenv|-here|secretref:|^sha(?:256|512)[:-]/iu;

/** Keys, tokens and identifiers in any text. The text itself is never part of a finding. */
export function judgeSecrets(file: ScanFile, report: Report): void {
  const index = file.lines.findIndex((line) => line.length < 4000 && isSecret(file, line));
  report("PREFLIGHT_SECRET", file, index === -1 ? undefined : index + 1);
  report("PREFLIGHT_PRIVATE_KEY", file, lineOf(file, /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/u));
  if (file.kind !== "markdown") return;
  report("PREFLIGHT_IDENTIFIER", file, identifierLine(file));
  const inUrl =
    /\bgit\s+remote\s+(?:set-url|add)\b.{0,200}https?:\/\/[^\s"'`]{0,200}\$\{?[A-Z_]*(?:TOKEN|PAT|SECRET|KEY)[A-Z_]*\}?[^\s"'`]{0,80}@/iu;
  const inMemory =
    /\bsave\s+(?:it|the\s+(?:token|secret|credential|key|pat))\s+to\s+(?:your\s+)?(?:memory|conversation|chat)\b/iu;
  report("PREFLIGHT_SECRET_STORED", file, lineOf(file, inUrl) ?? lineOf(file, inMemory));
  const argument = file.lines.findIndex(
    (line) => line.length < 4000 && isSecretArgument.test(line) && !warns.test(line),
  );
  report("PREFLIGHT_SECRET_ARGUMENT", file, argument === -1 ? undefined : argument + 1);
}

const isSecretArgument =
  /\b(?:npx|bunx|pnpm\s+dlx|npm\s+exec|node|python3?|uvx|docker\s+run)\b.{0,240}(?:--(?:private-key|seed(?:-phrase)?|mnemonic|password|token)|\bfrom-mnemonic)[\s=]+(?:"[^"]{8,}"|'[^']{8,}'|<[^>]{4,}>|\$[A-Z_]*(?:KEY|TOKEN|SECRET|PASSWORD|MNEMONIC|SEED|PHRASE))/iu;
const warns = /\b(?:do\s+not|don't|avoid|never|reject)\b/iu;

function isSecret(file: ScanFile, line: string): boolean {
  if (known.test(line)) return true;
  const [, , quoted, bare] = field.exec(line) ?? [];
  const value = quoted ?? bare;
  if (value === undefined || placeholder.test(value)) return false;
  // Names of things, paths and calls are not secrets: these have digits beside letters, or are quoted.
  if (/^[\w.-]*[/(]|^https?:/u.test(value)) return false;
  if (file.kind === "code" && quoted === undefined) return false;
  return /[A-Za-z]/u.test(value) ? /\d/u.test(value) : /\d{16,}/u.test(value);
}

function identifierLine(file: ScanFile): number | undefined {
  const connection =
    /["'`]?connection_id["'`]?\s{0,4}:\s{0,4}["'`][0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}["'`]/iu;
  const sheet = /https?:\/\/[^\s"'`]{1,200}\/spreadsheets\/(?:d\/)?([A-Za-z0-9_-]{20,})/u;
  const index = file.lines.findIndex((line) => {
    if (connection.test(line)) return true;
    const id = sheet.exec(line)?.[1];
    return id !== undefined && !/^[A-Z0-9_]+$/u.test(id) && !/your|example|placeholder/iu.test(id);
  });
  return index === -1 ? undefined : index + 1;
}
