import type { Agent } from "node:http";
import { request } from "node:http";

/** One POST of JSON and its answer. */
export interface Asked {
  readonly milliseconds: number;
  readonly text: string;
}

/** Asks over a connection that is kept, and takes the time until the whole answer is there. */
export function askHttp(
  agent: Agent,
  target: { readonly host: string; readonly port: number; readonly path: string },
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const length = String(Buffer.byteLength(text));
    const began = performance.now();
    const sent = request({
      ...target,
      agent,
      method: "POST",
      headers: { "content-type": "application/json", "content-length": length, ...headers },
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const milliseconds = performance.now() - began;
        const answer = Buffer.concat(parts).toString("utf8");
        if (response.statusCode === 200) resolve({ milliseconds, text: answer });
        else reject(new Error(`${target.path}: ${String(response.statusCode)} ${answer}`));
      });
    });
    sent.end(text);
  });
}
