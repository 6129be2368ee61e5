/** One path of Ollama that is let through, by one method. */
export interface GateRoute {
  readonly method: "GET" | "POST";
  /** Whether the body names a model, which must be one of those that are allowed. */
  readonly namesModel: boolean;
}

/**
 * Everything that is let through, by the exact text of the request target. What is not here is
 * refused: Ollama pulls, pushes, creates, copies and deletes for whoever asks (threat 10).
 */
export const gateRoutes: ReadonlyMap<string, GateRoute> = new Map<string, GateRoute>([
  ["/api/chat", { method: "POST", namesModel: true }],
  ["/api/embed", { method: "POST", namesModel: true }],
  ["/api/show", { method: "POST", namesModel: true }],
  ["/api/tags", { method: "GET", namesModel: false }],
  ["/api/version", { method: "GET", namesModel: false }],
]);

/** Why a request goes no further: `code` is for records, `message` for the client. */
export interface GateRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Bounds of the gate. */
export interface GateLimits {
  /** Bytes of a request's body. */
  readonly bodyBytes: number;
  /** Requests under way at one time; more are refused with 503. */
  readonly inFlight: number;
  readonly connections: number;
  /** Milliseconds for the headers, and for the whole request to arrive. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** Milliseconds in which Ollama says nothing at all; loading a large model takes minutes. */
  readonly silenceMs: number;
}

/** What is used where nothing else is said. */
export const defaultGateLimits: GateLimits = {
  bodyBytes: 16 * 1024 * 1024,
  inFlight: 16,
  connections: 64,
  headersMs: 5000,
  requestMs: 60_000,
  silenceMs: 600_000,
};

/** Something that the gate did or refused. No field holds what was asked or answered. */
export interface GateEvent {
  readonly event: "start" | "stop" | "pass" | "refuse";
  readonly code?: string;
  readonly status?: number;
  /** As the client sent it, cut at 200 characters: what an attack asked for is worth knowing. */
  readonly method?: string;
  readonly target?: string;
  readonly model?: string;
  readonly ms?: number;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
}
