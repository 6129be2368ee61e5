import { CodedError } from "@clawkeep/diagnostics";

import type { CommandSpec } from "./command-table.ts";

/** Raw options: switches are `true`, values are texts. */
export interface RawOptions {
  readonly flags: ReadonlyMap<string, string | true>;
  readonly positional: readonly string[];
  /** Every value of the flags that may be there several times; `flags` has the first. */
  readonly lists?: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads a command line by the command's table. By hand, because a cold query has no time to load a
 * library for it; help and every other command go through commander with the same table.
 *
 * @throws CodedError `USAGE`.
 */
export function parseFlags(spec: CommandSpec, args: readonly string[]): RawOptions {
  const flags = new Map<string, string | true>();
  const lists = new Map<string, readonly string[]>();
  const positional: string[] = [];
  for (let place = 0; place < args.length; place += 1) {
    const argument = args[place] ?? "";
    if (argument === "--") {
      positional.push(...args.slice(place + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      positional.push(argument);
      continue;
    }
    const equals = argument.indexOf("=");
    const name = argument.slice(2, equals < 0 ? undefined : equals);
    const flag = spec.flags.find((candidate) => candidate.name === name);
    if (!argument.startsWith("--") || flag === undefined) {
      throw usage(spec, `unknown option ${argument.slice(0, equals < 0 ? 60 : equals)}`);
    }
    if (flags.has(name) && flag.many !== true) {
      throw usage(spec, `--${name} is given twice`);
    }
    if (flag.value === undefined) {
      if (equals >= 0) {
        throw usage(spec, `--${name} takes no value`);
      }
      flags.set(name, true);
      continue;
    }
    const value = equals >= 0 ? argument.slice(equals + 1) : args[(place += 1)];
    if (value === undefined) {
      throw usage(spec, `--${name} needs a value: ${flag.value}`);
    }
    if (!flags.has(name)) {
      flags.set(name, value);
    }
    if (flag.many === true) {
      lists.set(name, [...(lists.get(name) ?? []), value]);
    }
  }
  return { flags, positional, lists };
}

/** An error in how the command was called: exit code 2. */
export function usage(spec: CommandSpec, message: string): CodedError {
  return new CodedError({
    code: "USAGE",
    message: `local-rag ${spec.name}: ${message}`,
    hint: `see local-rag ${spec.name} --help`,
  });
}

/** The text of a flag that takes a value. */
export function textOf({ flags }: RawOptions, name: string): string | undefined {
  const value = flags.get(name);
  return typeof value === "string" ? value : undefined;
}

/** Every value of a flag that may be there several times. */
export function textsOf(options: RawOptions, name: string): readonly string[] {
  const first = textOf(options, name);
  return options.lists?.get(name) ?? (first === undefined ? [] : [first]);
}

/**
 * The whole number that a flag gives.
 *
 * @throws CodedError `USAGE` when it is something else, or out of range.
 */
export function integerOf(
  spec: CommandSpec,
  options: RawOptions,
  name: string,
  range: { readonly from: number; readonly to: number },
): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) {
    return undefined;
  }
  const value = Number(text);
  if (!/^[0-9]{1,9}$/u.test(text) || value < range.from || value > range.to) {
    throw usage(
      spec,
      `--${name} needs a whole number from ${range.from} to ${range.to}, got ${JSON.stringify(text)}`,
    );
  }
  return value;
}
