import type { ServiceDefinition } from "@clawkeep/provision";

/**
 * A command of OpenClaw beside a gateway that our supervisor keeps: the same program, account, environment and cage.
 * In a cage it finds the gateway's port at the same address, by the socket that the gateway has outside of its own.
 */
export function besideGateway(
  gateway: ServiceDefinition,
  command: readonly string[],
): ServiceDefinition {
  return { ...gateway, args: argumentsOf(gateway.args, command) };
}

function argumentsOf(args: readonly string[], command: readonly string[]): readonly string[] {
  const [first = ""] = args;
  // A notebook's: Node runs a file.
  if (first.endsWith(".mjs")) return [first, ...command];
  if (first !== "pipe") return command;
  const end = args.indexOf("--");
  const pipes = args
    .slice(0, end)
    .flatMap((word, at) => (word === "--pipe" ? [args[at + 1] ?? ""] : []));
  const port =
    pipes.find((one) => one.startsWith("unix:") && one.includes("=tcp:127.0.0.1:")) ?? "";
  const [from, to] = port.split("=");
  return ["pipe", "--pipe", `${to}=${from}`, ...args.slice(end, end + 2), ...command];
}
