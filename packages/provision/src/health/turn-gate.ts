import type { HealthGate } from "../ports/service-port.ts";
import type { RanBeside } from "../supervise/run-beside.ts";

/**
 * One turn of the agent through the gateway: the model answered, and everything between. A turn that OpenClaw broke off
 * for a limit of its own is asked again, twice at most: a worker of it has a minute, which no setting changes and a busy
 * machine may not have.
 *
 * @param run Runs `openclaw agent … --json`.
 * @param heard Is told the answer.
 */
export function turnGate(
  run: () => Promise<RanBeside>,
  heard: (answer: string) => void = () => undefined,
): HealthGate {
  return {
    name: "one turn",
    check: async () => {
      let ran = await run();
      for (let asked = 1; asked < mostTurns && isBrokenOff(ran); asked += 1) ran = await run();
      const answer = answerOf(ran.stdout);
      if (ran.code !== 0 || answer === "") {
        // The reason comes before hints where to look.
        const said = ran.stderr.trim().split("\n").slice(-6).join("; ");
        return `expected an answer, got exit code ${ran.code}${said === "" ? "" : `: ${said.slice(0, 600)}`}`;
      }
      heard(answer);
      return undefined;
    },
  };
}

const mostTurns = 3;

/** What OpenClaw says of a worker that was too slow; a model that does not answer is told apart. */
function isBrokenOff({ code, stdout, stderr }: RanBeside): boolean {
  return code !== 0 && `${stdout}${stderr}`.includes("worker task timed out");
}

/** The answer in what `openclaw agent --json` prints: all payloads, with the envelope of a gateway or without. */
function answerOf(stdout: string): string {
  const from = stdout.indexOf("{");
  if (from < 0) return "";
  try {
    const outer = JSON.parse(stdout.slice(from)) as Envelope & { readonly result?: Envelope };
    const { payloads = [] } = outer.result ?? outer;
    return payloads
      .map(({ text }) => text ?? "")
      .join("\n")
      .trim();
  } catch {
    return "";
  }
}

interface Envelope {
  readonly payloads?: readonly { readonly text?: string }[];
}
