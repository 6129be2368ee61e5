/** Names that decide which code runs or where it looks; docs/exec-contract.md lists them. */
const refusedNames: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "TMPDIR",
  "LC_ALL",
  "TZ",
  "ENV",
  "BASH_ENV",
  "IFS",
  "SHELLOPTS",
  "BASHOPTS",
  "PS4",
  "CDPATH",
  "GLOBIGNORE",
  "PERL5LIB",
  "PERL5OPT",
  "JAVA_TOOL_OPTIONS",
  "GCONV_PATH",
  "GLIBC_TUNABLES",
  "LOCPATH",
  "NLSPATH",
  "HOSTALIASES",
  "RES_OPTIONS",
]);

const refusedPrefixes: readonly string[] = [
  "LD_",
  "DYLD_",
  "NODE_",
  "NPM_",
  "PYTHON",
  "RUBY",
  "GIT_",
  "CLAWKEEP_",
  "OPENCLAW_",
  "XDG_",
  "BASH_FUNC_",
];

/**
 * Switches of git that only take something away from it. A caller could not be trusted with them, for
 * they are git's; a contract may fix them. Those that name a program, a folder of code or more
 * configuration (GIT_SSH_COMMAND, GIT_EXTERNAL_DIFF, GIT_EXEC_PATH, GIT_CONFIG_COUNT …) are not here.
 */
const settableNames: ReadonlySet<string> = new Set([
  "GIT_ALLOW_PROTOCOL",
  "GIT_ATTR_NOSYSTEM",
  "GIT_CEILING_DIRECTORIES",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_CONFIG_SYSTEM",
  "GIT_DISCOVERY_ACROSS_FILESYSTEM",
  "GIT_LITERAL_PATHSPECS",
  "GIT_NO_LAZY_FETCH",
  "GIT_NO_REPLACE_OBJECTS",
  "GIT_OPTIONAL_LOCKS",
  "GIT_PROTOCOL_FROM_USER",
  "GIT_TERMINAL_PROMPT",
]);

/** True for a variable that may not pass through, and that a contract may set to a fixed value. */
export function isSettableVariable(name: string): boolean {
  return settableNames.has(name);
}

/** True for a variable that no contract can let through, because it would change what is run. */
export function isRefusedVariable(name: string): boolean {
  return refusedNames.has(name) || refusedPrefixes.some((prefix) => name.startsWith(prefix));
}
