import { stringify } from "yaml";

/** What a compose file is made of. */
export type ComposeValue =
  | string
  | number
  | boolean
  | readonly ComposeValue[]
  | { readonly [key: string]: ComposeValue | undefined };

/** A compose file. Compose replaces `$NAME` in every value: `$` is doubled, so that what is meant stays. */
export function composeText(value: ComposeValue): string {
  return stringify(literal(value), {
    lineWidth: 0,
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
  });
}

function literal(value: ComposeValue): unknown {
  if (typeof value === "string") return value.replaceAll("$", "$$$$");
  if (Array.isArray(value)) return value.map((one: ComposeValue) => literal(one));
  if (typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter((entry): entry is [string, ComposeValue] => entry[1] !== undefined)
      .map(([key, one]) => [key, literal(one)]),
  );
}
