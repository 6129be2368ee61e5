import { at } from "../scene/config-file.ts";

/** `refused`: the gateway says that this origin is not allowed. `unknown`: it said nothing of the kind. */
export type OriginAnswer = "allowed" | "refused" | "unknown";

/** Protocol of the gateway's WebSocket that the pinned OpenClaw speaks. */
const protocol = 4;

/**
 * Opens the gateway's WebSocket as a browser with that origin would, and says hello without a token: the gateway
 * looks at the origin before it looks at credentials, so that its refusal says which of both it was. Nothing
 * is paired and nothing is sent that a gateway keeps.
 */
export function askOrigin(port: number, origin: string): Promise<OriginAnswer> {
  return new Promise((resolve) => {
    // Node's WebSocket takes headers, which that of a browser does not.
    const options = { headers: { origin } } as unknown as string[];
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, options);
    const end = (answer: OriginAnswer): void => {
      clearTimeout(limit);
      resolve(answer);
      socket.close();
    };
    const limit = setTimeout(() => end("unknown"), 10_000);
    const hello = (): void => socket.send(JSON.stringify(helloOf()));
    socket.addEventListener("message", ({ data }: { readonly data: unknown }) => {
      const frame = frameOf(data);
      if (at(frame, "event") === "connect.challenge") hello();
      else if (at(frame, "type") === "res") end(answerOf(frame));
    });
    socket.addEventListener("close", ({ reason }) => {
      end(reason.includes("origin not allowed") ? "refused" : "unknown");
    });
    socket.addEventListener("error", () => end("unknown"));
  });
}

function helloOf(): unknown {
  return {
    type: "req",
    id: "doctor",
    method: "connect",
    params: {
      minProtocol: protocol,
      maxProtocol: protocol,
      client: { id: "openclaw-control-ui", version: "1", platform: "web", mode: "webchat" },
      role: "operator",
      scopes: ["operator.read"],
      caps: [],
      locale: "en-US",
      userAgent: "clawkeep-doctor",
    },
  };
}

function frameOf(data: unknown): unknown {
  try {
    return typeof data === "string" && data.length < 1_000_000
      ? (JSON.parse(data) as unknown)
      : undefined;
  } catch {
    return undefined;
  }
}

function answerOf(frame: unknown): OriginAnswer {
  const text = JSON.stringify(at(frame, "error") ?? null);
  return /ORIGIN_NOT_ALLOWED|origin not allowed/u.test(text) ? "refused" : "allowed";
}
