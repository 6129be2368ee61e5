import type { Finding } from "@clawkeep/diagnostics";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import type { ReadService } from "../artifacts/read-artifacts.ts";
import { line, missing } from "./control.ts";

export function kernelFindings(file: JudgedFile): readonly Finding[] {
  return missing("HARDENING_SYSCTL", file, [
    line(/^vm\.swappiness = [0-9]+$/),
    line("kernel.dmesg_restrict = 1"),
    line("kernel.kptr_restrict = 2"),
  ]);
}

/** Each uid of a unit has an account without a shell; none is shared. */
export function accountFindings(
  file: JudgedFile,
  services: readonly ReadService[],
): readonly Finding[] {
  return missing(
    "HARDENING_ACCOUNT",
    file,
    services
      .filter(({ file: unit, uid }) => unit.endsWith(".service") && /^[1-9]/u.test(uid))
      .map(({ uid }) => line(new RegExp(`^u \\S+ ${uid} "[^"]+" /var/lib/claw-\\S+ -$`, "u"))),
  );
}

/** Ollama's variables: where it listens, how long a context is, and that no model leaves the machine. */
export function environmentFindings(
  file: JudgedFile,
  isCloudy: boolean,
  services: readonly ReadService[],
): readonly Finding[] {
  // Every address, where Ollama has a network of its own and nothing else is in it.
  const isAlone = services.some(
    ({ file: where, name }) => name === "ollama" && !where.endsWith(".service"),
  );
  return missing("HARDENING_OLLAMA", file, [
    line(
      isAlone
        ? /^OLLAMA_HOST=(?:127\.0\.0\.1|0\.0\.0\.0):[0-9]+$/
        : /^OLLAMA_HOST=(?:127\.0\.0\.1|172\.30\.[0-9]+\.1):[0-9]+$/,
    ),
    line(/^OLLAMA_CONTEXT_LENGTH=[0-9]{5,}$/),
    ...(isCloudy ? [] : [line("OLLAMA_NO_CLOUD=1")]),
  ]);
}

export function modelfileFindings(file: JudgedFile): readonly Finding[] {
  return missing("HARDENING_MODELFILE", file, [
    line(/^FROM \S+:\S+$/),
    line(/^PARAMETER num_ctx [0-9]{5,}$/),
  ]);
}

/** What launchd starts: nothing that others read, on loopback, and again only after a fault. */
export function launchdFindings(file: JudgedFile, isCloudy: boolean): readonly Finding[] {
  const text = file.text.replaceAll(/>\s+</gu, "><");
  const has = (part: string): { expected: string; holds: () => boolean } => ({
    expected: part,
    holds: () => text.includes(part),
  });
  const isServer = text.includes("<string>serve</string>");
  const pair = (name: string, value: string): string =>
    isServer ? `<key>${name}</key><string>${value}` : `<string>${name}</string><string>${value}`;
  return missing("HARDENING_LAUNCHD", file, [
    has("<key>RunAtLoad</key><true/>"),
    has(pair("OLLAMA_HOST", "127.0.0.1:")),
    has(pair("OLLAMA_CONTEXT_LENGTH", "")),
    ...(isCloudy ? [] : [has(pair("OLLAMA_NO_CLOUD", "1</string>"))]),
    ...(isServer
      ? [
          has("<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>"),
          has("<key>ThrottleInterval</key><integer>"),
          has("<key>ProcessType</key><string>"),
          has("<key>Umask</key><integer>63</integer>"),
          has("<key>StandardOutPath</key><string>/"),
          has("<key>StandardErrorPath</key><string>/"),
          has("<key>ProgramArguments</key><array><string>/"),
        ]
      : [has("<string>/bin/launchctl</string><string>setenv</string>")]),
  ]);
}
