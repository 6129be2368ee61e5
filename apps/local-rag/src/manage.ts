import { formatError } from "@clawkeep/diagnostics";
import { Command, CommanderError, Option } from "commander";

import { bundleCommands } from "./arguments/bundle-table.ts";
import { collectionCommands } from "./arguments/collection-table.ts";
import type { CommandSpec } from "./arguments/command-table.ts";
import { commands } from "./arguments/command-table.ts";
import type { RawOptions } from "./arguments/parse-flags.ts";
import { upkeepCommands } from "./arguments/upkeep-table.ts";

type Handler = (options: RawOptions) => Promise<number>;

/** Every command but `query`, and all help. Each command's program is loaded when it runs. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command("local-rag")
    .description("Index a folder and answer from it with citations, offline.")
    .version("0.1.0")
    .exitOverride()
    .showHelpAfterError("(local-rag --help shows the commands)");
  const handlers: Readonly<Record<keyof typeof commands, Handler>> = {
    index: async (options) => (await import("./commands/index-command.ts")).runIndex(options),
    query: () => Promise.reject(new Error("query has a program of its own")),
    serve: async (options) => (await import("./commands/serve-command.ts")).runServe(options),
    status: async (options) => (await import("./commands/status-command.ts")).runStatus(options),
    verify: async (options) => (await import("./commands/verify-command.ts")).runVerify(options),
    eval: async (options) => (await import("./commands/eval-command.ts")).runEval(options),
    "mcp-config": async (options) =>
      (await import("./commands/mcp-config-command.ts")).runMcpConfig(options),
  };
  for (const [name, spec] of Object.entries(commands) as [keyof typeof commands, CommandSpec][]) {
    declare(program, spec, async (options) => {
      exitCode = await handlers[name](options);
    });
  }
  declare(program, upkeepCommands.watch, async (options) => {
    exitCode = await (await import("./commands/watch-command.ts")).runWatch(options);
  });
  declare(program, upkeepCommands.forget, async (options) => {
    exitCode = await (await import("./commands/forget-command.ts")).runForget(options);
  });
  const bundle = program.command("bundle").description("carry an index as one file").exitOverride();
  const bundleHandlers: Readonly<Record<keyof typeof bundleCommands, Handler>> = {
    export: async (options) => (await import("./commands/bundle-command.ts")).runExport(options),
    import: async (options) => (await import("./commands/bundle-command.ts")).runImport(options),
    key: async (options) => (await import("./commands/bundle-command.ts")).runKey(options),
  };
  for (const name of ["export", "import", "key"] as const) {
    declare(bundle, bundleCommands[name], async (options) => {
      exitCode = await bundleHandlers[name](options);
    });
  }
  const collection = program
    .command("collection")
    .description("name indexes that are asked together")
    .exitOverride();
  const collectionHandlers: Readonly<Record<keyof typeof collectionCommands, Handler>> = {
    add: async (options) => (await import("./commands/collection-command.ts")).runAdd(options),
    list: async (options) => (await import("./commands/collection-command.ts")).runList(options),
    remove: async (options) =>
      (await import("./commands/collection-command.ts")).runRemove(options),
  };
  for (const name of ["add", "list", "remove"] as const) {
    declare(collection, collectionCommands[name], async (options) => {
      exitCode = await collectionHandlers[name](options);
    });
  }
  program.addHelpText("after", examples(Object.values(commands).map((spec) => spec.examples[0])));
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // It has printed its own message; help and version are what was asked for.
      return error.exitCode === 0 ? 0 : 2;
    }
    process.stderr.write(`${formatError(error)}\n`);
    return 2;
  }
}

function declare(
  program: Command,
  spec: CommandSpec,
  run: (options: RawOptions) => Promise<void>,
): void {
  const command = program.command(spec.name).description(spec.about).exitOverride();
  if (spec.argument !== undefined) {
    const name = spec.argument.startsWith("[") ? spec.argument : `<${spec.argument}>`;
    command.argument(name, spec.argumentAbout ?? "");
  }
  for (const flag of spec.flags) {
    const form = flag.value === undefined ? `--${flag.name}` : `--${flag.name} <${flag.value}>`;
    const option = new Option(form, flag.about);
    command.addOption(
      flag.many === true
        ? option.argParser((value, before: readonly string[] | undefined) => [
            ...(before ?? []),
            value,
          ])
        : option,
    );
  }
  command.addHelpText("after", examples(spec.examples));
  command.action(async () => {
    await run({
      flags: new Map(
        spec.flags.flatMap(({ name }) => {
          const value: unknown = command.getOptionValue(camelCase(name));
          const first: unknown = Array.isArray(value) ? value[0] : value;
          return typeof first === "string" || first === true ? [[name, first] as const] : [];
        }),
      ),
      lists: new Map(
        spec.flags.flatMap(({ name }) => {
          const value: unknown = command.getOptionValue(camelCase(name));
          return Array.isArray(value) ? [[name, value.map(String)] as const] : [];
        }),
      ),
      positional: command.args,
    });
  });
}

function examples(lines: readonly (string | undefined)[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line ?? ""}`).join("\n")}\n`;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/gu, (_, letter: string) => letter.toUpperCase());
}
