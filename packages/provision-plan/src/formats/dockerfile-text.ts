import { bareWord, oneLine } from "./plain-text.ts";

/** One instruction. Commands are always a list: there is no shell between them and the program. */
export type DockerInstruction =
  | { readonly from: string; readonly as: string }
  | { readonly argument: string; readonly value: string }
  | { readonly environment: string; readonly value: string }
  | { readonly run: readonly string[] }
  | { readonly copyFrom: string; readonly source: string; readonly target: string }
  | { readonly copy: string; readonly target: string; readonly owner: number }
  | { readonly volume: string }
  | { readonly port: number }
  | { readonly user: string }
  | { readonly workFolder: string }
  | { readonly healthcheck: readonly string[] }
  | { readonly entrypoint: readonly string[] }
  | { readonly command: readonly string[] };

/**
 * A Dockerfile.
 * @throws CodedError ARTIFACT_VALUE for a value that the format cannot hold
 */
export function dockerfileText(instructions: readonly DockerInstruction[]): string {
  return `${instructions.map(instructionText).join("\n")}\n`;
}

function instructionText(one: DockerInstruction): string {
  if ("from" in one) return `\nFROM ${reference(one.from)} AS ${bareWord(one.as, "FROM")}`;
  if ("argument" in one) {
    return `ARG ${bareWord(one.argument, "ARG")}=${bareWord(one.value, "ARG")}`;
  }
  if ("environment" in one) {
    return `ENV ${bareWord(one.environment, "ENV")}="${escaped(one.value)}"`;
  }
  if ("run" in one) return `RUN ${list(one.run)}`;
  if ("copyFrom" in one) {
    return `COPY --from=${bareWord(one.copyFrom, "COPY")} ${list([one.source, one.target])}`;
  }
  if ("copy" in one) {
    return `COPY --chown=${one.owner}:${one.owner} ${list([one.copy, one.target])}`;
  }
  if ("volume" in one) return `VOLUME ${list([one.volume])}`;
  if ("port" in one) return `EXPOSE ${one.port}`;
  if ("user" in one) return `USER ${bareWord(one.user, "USER")}`;
  if ("workFolder" in one) return `WORKDIR ${bareWord(one.workFolder, "WORKDIR")}`;
  if ("healthcheck" in one) {
    return `HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 CMD ${list(one.healthcheck)}`;
  }
  if ("entrypoint" in one) return `ENTRYPOINT ${list(one.entrypoint)}`;
  return `CMD ${list(one.command)}`;
}

/** An image, or the argument that names it. */
function reference(text: string): string {
  return /^\$\{[A-Z_]+\}$/u.test(text) ? text : bareWord(text, "FROM");
}

function escaped(value: string): string {
  return oneLine(value, "ENV").replaceAll(/[\\"$]/gu, String.raw`\$&`);
}

function list(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(oneLine(word, "a command"))).join(", ")}]`;
}
