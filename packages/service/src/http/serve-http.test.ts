import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { describe, expect, test } from "vitest";

import type { ServiceEvent } from "../service-log.ts";
import { ServiceMetrics } from "../service-metrics.ts";
import { echoHttp, scratch, token } from "../stand.cases.ts";
import { accessTokens, tokenFromFile } from "./access-tokens.ts";
import type { HttpReply } from "./http-route.ts";
import { serveHttp } from "./serve-http.ts";

describe("HTTP on loopback", () => {
  test("answers a route with the caller whose token was given", async () => {
    await using stand = await echoHttp();
    const answer = await stand.ask({ body: '{"a":1}' });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      200,
      { caller: "tester", body: '{"a":1}' },
    ]);
    expect(answer.headers["cache-control"]).toBe("no-store");
  });

  test("says that it lives and is ready to whoever asks, and no more", async () => {
    let failing: readonly string[] = ["index"];
    await using stand = await echoHttp({ failing: () => failing });
    const get = (at: string): ReturnType<typeof stand.ask> =>
      stand.ask({ path: at, method: "GET", anonymous: true });
    expect(await get("/healthz")).toMatchObject({ status: 200, text: '{"ok":true}' });
    expect(await get("/readyz")).toMatchObject({ status: 503 });
    failing = [];
    expect(await get("/readyz")).toMatchObject({
      status: 200,
      text: '{"ready":true,"failing":[]}',
    });
  });

  test("knows paths and methods", async () => {
    await using stand = await echoHttp();
    expect((await stand.ask({ path: "/absent" })).status).toBe(404);
    expect((await stand.ask({ path: "/metrics" })).status).toBe(404);
    const wrong = await stand.ask({ method: "GET" });
    expect([wrong.status, wrong.headers.allow]).toEqual([405, "POST"]);
  });

  test("bounds the rate of each token", async () => {
    const other = "o".repeat(40);
    await using stand = await echoHttp({
      tokens: accessTokens([
        { id: "tester", token },
        { id: "other", token: other },
      ]),
      limits: { rate: { perSecond: 0, burst: 2 } },
    });
    const statuses = [await stand.ask(), await stand.ask(), await stand.ask()];
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect((await stand.ask({ headers: { authorization: `Bearer ${other}` } })).status).toBe(200);
  });

  test("tells errors with a code, in the form that the route's clients know, and of others nothing", async () => {
    const thrown: unknown[] = [new CodedError({ code: "A", message: "m" }), new Error("secret")];
    await using stand = await echoHttp({
      routes: [
        {
          path: "/echo",
          methods: ["POST"],
          error: (status, code) => ({ form: "ours", status, code }),
          handle: () => Promise.reject(thrown.shift()),
        },
      ],
    });
    expect(JSON.parse((await stand.ask()).text)).toEqual({ form: "ours", status: 400, code: "A" });
    const other = await stand.ask();
    expect([other.status, other.text.includes("secret")]).toEqual([500, false]);
  });

  test("gives an error the status that its route has for it", async () => {
    const thrown = ["A", "B"].map((code) => new CodedError({ code, message: "m" }));
    await using stand = await echoHttp({
      routes: [
        {
          path: "/echo",
          methods: ["POST"],
          statusOf: (code) => (code === "A" ? 503 : undefined),
          handle: () => Promise.reject(thrown.shift()),
        },
      ],
    });
    expect([(await stand.ask()).status, (await stand.ask()).status]).toEqual([503, 400]);
  });

  test("is held while it answers who has a token, and not by others", async () => {
    const held: string[] = [];
    await using stand = await echoHttp({
      hold: () => {
        held.push("hold");
        return () => held.push("let go");
      },
    });
    await stand.ask({ anonymous: true });
    await stand.ask({ path: "/healthz", method: "GET" });
    expect(held).toEqual([]);
    await stand.ask();
    await expect.poll(() => held).toEqual(["hold", "let go"]);
  });

  test("counts and logs without the body, the token or the query of the address", async () => {
    const events: ServiceEvent[] = [];
    const metrics = new ServiceMetrics("t");
    await using stand = await echoHttp({ metrics, log: (event) => events.push(event) });
    await stand.ask({ path: "/echo?q=canary", body: '"canary"' });
    await stand.ask({ path: "/canary" });
    const shown = await stand.ask({ path: "/metrics", method: "GET" });
    expect(shown.text).toContain('t_requests_total{route="/echo",code="ok"} 1');
    const all = JSON.stringify(events) + shown.text;
    expect(all).not.toMatch(/canary|tttt/u);
    expect(events).toMatchObject([
      { event: "request", route: "/echo", caller: "tester" },
      { event: "refuse", route: "unknown", status: 404 },
      { event: "request", route: "/metrics" },
    ]);
  });

  test("ends what it has begun before it stops", async () => {
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    await using stand = await echoHttp({
      routes: [
        {
          path: "/echo",
          methods: ["POST"],
          handle: async () => {
            begun.resolve();
            await finish.promise;
            return { status: 200, body: "whole" };
          },
        },
      ],
    });
    const answer = stand.ask();
    await begun.promise;
    const closing = stand.service.close();
    finish.resolve();
    expect((await answer).text).toBe("whole");
    await closing;
    await expect(stand.ask()).rejects.toThrow("ECONNREFUSED");
  });

  test("says how long an answer is that it has whole, unless there is none", async () => {
    let reply: HttpReply = { status: 200, body: "naïve" };
    await using stand = await echoHttp({
      routes: [{ path: "/echo", methods: ["POST"], handle: async () => reply }],
    });
    expect((await stand.ask()).headers).toMatchObject({ "content-length": "6" });
    reply = { status: 202 };
    expect((await stand.ask()).headers).toMatchObject({ "content-length": "0" });
    reply = { status: 204 };
    expect((await stand.ask()).headers).not.toHaveProperty("content-length");
  });

  test("ends by the signal what is not done within the grace", async () => {
    const begun = Promise.withResolvers<void>();
    let signal: AbortSignal | undefined;
    await using stand = await echoHttp({
      graceMs: 1,
      routes: [
        {
          path: "/echo",
          methods: ["POST"],
          handle: async (call) => {
            signal = call.signal;
            begun.resolve();
            await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
            return { status: 200, body: "late" };
          },
        },
      ],
    });
    const answer = stand.ask();
    await begun.promise;
    await stand.service.close();
    expect(signal?.aborted).toBe(true);
    await answer.catch(() => undefined);
  });

  test("sends a body in parts as it comes, and stops when the client goes away", async () => {
    let signal: AbortSignal | undefined;
    async function* parts(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("a");
      yield Buffer.from("b");
    }
    await using stand = await echoHttp({
      routes: [
        {
          path: "/echo",
          methods: ["POST"],
          handle: async (call) => {
            signal = call.signal;
            return { status: 200, body: parts() };
          },
        },
      ],
    });
    const answer = await stand.ask();
    expect([answer.text, answer.headers["content-length"]]).toEqual(["ab", undefined]);
    expect(signal?.aborted).toBe(true);
  });

  test("says when its port is taken", async () => {
    await using stand = await echoHttp();
    const tokens = accessTokens([{ id: "a", token }]);
    await expect(serveHttp({ tokens, routes: [], port: stand.service.port })).rejects.toThrow(
      expect.objectContaining({ code: "HTTP_LISTEN" }),
    );
  });
});

describe("a token in a file", () => {
  test("is made once, for nobody else's eyes, and then found", async () => {
    using place = scratch();
    const file = path.join(place.folder, "token");
    const made = await tokenFromFile(file);
    expect(made).toMatch(/^[A-Za-z0-9_-]{43}$/u);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await tokenFromFile(file)).toBe(made);
    expect(readFileSync(file, "utf8")).toBe(`${made}\n`);
  });

  test("is refused when others could know it, or it is none", async () => {
    using place = scratch();
    const file = path.join(place.folder, "token");
    writeFileSync(file, "short\n", { mode: 0o600 });
    await expect(tokenFromFile(file)).rejects.toThrow(/one line with a token/u);
    chmodSync(file, 0o644);
    await expect(tokenFromFile(file)).rejects.toThrow(/mode 0600/u);
    const link = path.join(place.folder, "link");
    symlinkSync(file, link);
    await expect(tokenFromFile(link)).rejects.toThrow(/symbolic link/u);
  });

  test("has to be long", () => {
    expect(() => accessTokens([{ id: "a", token: "short" }])).toThrow(/32 to 512/u);
    expect(() => accessTokens([])).toThrow(/at least one/u);
  });
});
