import { CodedError } from "@clawkeep/diagnostics";

/** What a launcher fixes. Every path is absolute. */
export interface LauncherPlan {
  readonly skill: string;
  /** Node, and the executable `clawkeep-skill` that it runs. */
  readonly node: string;
  readonly entry: string;
  readonly workspace: string;
  /** `CLAWKEEP_HOME`: record, keys, registry of indexes. */
  readonly home: string;
  readonly programFolders: readonly string[];
  /** For each action that may be called, folders by the name of a root. */
  readonly actions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly requireSandbox: boolean;
}

/**
 * The script that OpenClaw is allowed to run for one skill. A model chooses variables and folder of an
 * approved command, and the gateway's own variables are there too: so `env -i` of the first line drops
 * them all before a shell or Node looks at one, the folder is fixed, and every argument after the action
 * can only be the value of `--arg`, whatever it looks like.
 *
 * @throws CodedError LAUNCHER_PATH for a path that cannot be written into it
 */
export function launcherText(plan: LauncherPlan): string {
  const options = [
    ...["--workspace", plan.workspace],
    ...plan.programFolders.flatMap((folder) => ["--program-folder", folder]),
    ...(plan.requireSandbox ? ["--require-sandbox"] : []),
    "--json",
  ];
  const cases = Object.entries(plan.actions).map(([action, roots]) => {
    const words = Object.entries(roots).map(([name, folder]) => `--root=${name}=${folder}`);
    return `  ${quoted(action)}) set -- ${[...words.map(quoted), '"$@"'].join(" ")} ;;`;
  });
  const environment = { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", CLAWKEEP_HOME: plan.home };
  return `#!/usr/bin/env -S -i /bin/sh
# Made by clawkeep-skill openclaw-approvals for the skill ${plan.skill}. Make it anew rather than change it.
umask 077
cd ${quoted(plan.workspace)} || exit 2
[ "$#" -gt 0 ] || exit 2
action=$1
shift
for pair do
  shift
  set -- "$@" "--arg=$pair"
done
case "$action" in
${cases.join("\n")}
  *) exit 2 ;;
esac
exec /usr/bin/env -i \\
  ${Object.entries(environment)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(" ")} \\
  ${quoted(plan.node)} ${quoted(plan.entry)} run \\
  ${options.map(quoted).join(" ")} \\
  "$@" -- ${quoted(plan.skill)} "$action" </dev/null
`;
}

/** One word of a shell's command line, whatever it holds. */
function quoted(text: string): string {
  if (/[\u0000-\u001f\u007f]/u.test(text)) {
    throw new CodedError({
      code: "LAUNCHER_PATH",
      message: `expected a path without control characters, got ${JSON.stringify(text)}`,
      hint: "Put it elsewhere, or rename it.",
    });
  }
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
