import type { Command } from "commander";

/** One command as completions need it. */
export interface CommandRow {
  /** Words after `claw`; none is `claw` itself. */
  readonly path: readonly string[];
  readonly about: string;
  readonly options: readonly { readonly flag: string; readonly about: string }[];
  /** Words that can follow. */
  readonly words: readonly { readonly word: string; readonly about: string }[];
  /** Whether a file can follow. */
  readonly files: boolean;
}

/** Every command that is shown, from the parser itself: there is no second list that could be old. */
export function commandTable(program: Command): readonly CommandRow[] {
  return rowsOf(program, []);
}

function rowsOf(command: Command, path: readonly string[]): readonly CommandRow[] {
  const shown = command.createHelp().visibleCommands(command);
  const row: CommandRow = {
    path,
    about: command.description(),
    options: command
      .createHelp()
      .visibleOptions(command)
      .flatMap(({ long, short, description }) =>
        [long, short].flatMap((flag) =>
          typeof flag === "string" ? [{ flag, about: description }] : [],
        ),
      ),
    words: shown.map((one) => ({ word: one.name(), about: one.description() })),
    files: command.registeredArguments.some((argument) => argument.name() === "file"),
  };
  return [row, ...shown.flatMap((one) => rowsOf(one, [...path, one.name()]))];
}
