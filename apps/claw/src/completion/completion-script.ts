import type { CommandRow } from "./command-table.ts";

/** The completion of `claw` for a shell. Nothing of it runs `claw`. */
export function completionScript(
  shell: "bash" | "zsh" | "fish",
  table: readonly CommandRow[],
): string {
  const script = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell];
  return `${script(table)}\n`;
}

function bashScript(table: readonly CommandRow[]): string {
  return [
    "# bash completion of claw; made by: claw completion bash",
    "_claw() {",
    '  local cur=${COMP_WORDS[COMP_CWORD]} path="" word',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$path $word" in',
    `    ${table
      .filter(({ path }) => path.length > 0)
      .map(({ path }) => quote(` ${path.join(" ")}`))
      .join("|")}) path="$path $word" ;;`,
    "    esac",
    "  done",
    "  COMPREPLY=()",
    '  case "$path" in',
    ...table.map(
      ({ path, words, options, files }) =>
        `  ${quote(path.length === 0 ? "" : ` ${path.join(" ")}`)}) COMPREPLY=($(compgen -W ${quote([...words.map(({ word }) => word), ...options.map(({ flag }) => flag)].join(" "))} -- "$cur"));${files ? ' [[ $cur == -* ]] || COMPREPLY+=($(compgen -f -- "$cur"));' : ""} ;;`,
    ),
    "  esac",
    "}",
    "complete -o filenames -F _claw claw",
  ].join("\n");
}

function zshScript(table: readonly CommandRow[]): string {
  return [
    "#compdef claw",
    "# zsh completion of claw; made by: claw completion zsh",
    "_claw() {",
    '  local path_="" word',
    "  local -a found",
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    '    case "$path_ $word" in',
    `    (${table
      .filter(({ path }) => path.length > 0)
      .map(({ path }) => quote(` ${path.join(" ")}`))
      .join("|")}) path_="$path_ $word" ;;`,
    "    esac",
    "  done",
    '  case "$path_" in',
    ...table.flatMap(({ path, words, options, files }) => [
      `  (${quote(path.length === 0 ? "" : ` ${path.join(" ")}`)})`,
      `    found=(${[...words.map(({ word, about }) => quote(`${word}:${about}`)), ...options.map(({ flag, about }) => quote(`${flag}:${about}`))].join(" ")})`,
      "    _describe claw found",
      ...(files ? ["    _files"] : []),
      "    ;;",
    ]),
    "  esac",
    "}",
    'if [ "$funcstack[1]" = "_claw" ]; then _claw "$@"; else compdef _claw claw; fi',
  ].join("\n");
}

function fishScript(table: readonly CommandRow[]): string {
  return [
    "# fish completion of claw; made by: claw completion fish",
    "complete -c claw -f",
    ...table.flatMap(({ path, words, options, files }) => {
      const inner = path.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
      const notYet =
        words.length === 0
          ? ""
          : `not __fish_seen_subcommand_from ${words.map(({ word }) => word).join(" ")}`;
      const at = (more: string): string => [inner, more].filter((one) => one !== "").join("; and ");
      const when = (condition: string): string =>
        condition === "" ? "" : ` -n ${quote(condition)}`;
      return [
        ...words.map(
          ({ word, about }) => `complete -c claw${when(at(notYet))} -a ${word} -d ${quote(about)}`,
        ),
        ...options.map(
          ({ flag, about }) =>
            `complete -c claw${when(at(notYet))} ${flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`} -d ${quote(about)}`,
        ),
        ...(files ? [`complete -c claw${when(at(""))} -F`] : []),
      ];
    }),
  ].join("\n");
}

/** One word of a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
