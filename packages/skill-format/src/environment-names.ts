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

/** True for a variable that no contract can let through, because it would change what is run. */
export function isRefusedVariable(name: string): boolean {
  return refusedNames.has(name) || refusedPrefixes.some((prefix) => name.startsWith(prefix));
}
