import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Connection } from "./cassette.ts";
import { playConnection } from "./play.ts";
import type { Player } from "./play.ts";

function connection(
  turns: readonly (readonly [string, string])[],
  endedBy: Connection["endedBy"] = "program",
): Connection {
  return {
    exchanges: turns.map(([request, response]) => ({
      request: [Buffer.from(request)],
      response: [Buffer.from(response)],
    })),
    endedBy,
  };
}

const twice = connection([
  ["one\n", "1\n"],
  ["two\n", "2\n"],
]);

/** Everything that is said now; null when it hung up. */
function said(player: Player): string | null {
  const bytes: unknown = player.stream.read();
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : null;
}

describe("a cassette", () => {
  test("answers what was asked, however it comes in pieces", () => {
    const turn = fc.tuple(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }));
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 4 }), fc.nat(5), (turns, size) => {
        const player = playConnection(connection(turns), {});
        let heard = "";
        for (const [request] of turns) {
          const bytes = Buffer.from(request);
          for (let at = 0; at < bytes.length; at += size + 1) {
            player.stream.write(bytes.subarray(at, at + size + 1));
          }
          heard += said(player) ?? "";
        }
        expect(heard).toBe(turns.map(([, response]) => response).join(""));
        expect(player.difference()).toBeUndefined();
        player.stream.destroy();
      }),
      { numRuns: 50 },
    );
  });

  test("says nothing to another request, hangs up, and shows the line", async () => {
    const player = playConnection(twice, {});
    player.stream.write("one\n");
    expect(said(player)).toBe("1\n");
    player.stream.resume().write("tow\n");
    await new Promise((resolve) => player.stream.once("end", resolve));
    player.stream.write("more");
    expect(player.difference()).toBe(
      'request 2 of 2 differs in line 1 (byte 2): expected "two\\n", got "tow\\n"',
    );
  });

  test("fails for what was not asked, not asked to its end, and asked beyond it", () => {
    const differenceAfter = (text: string): string | undefined => {
      const player = playConnection(twice, {});
      player.stream.write(text);
      return player.difference();
    };
    expect(differenceAfter("one\ntwo\n")).toBeUndefined();
    expect(differenceAfter("one\n")).toBe('request 2 of 2 never came: expected "two\\n"');
    expect(differenceAfter("one\ntw")).toBe(
      'request 2 of 2 ended after 2 of 4 bytes: expected "two\\n", got "tw"',
    );
    expect(differenceAfter("one\ntwo\nthree\n")).toBe(
      'request 3 of 2 was not recorded: got "three\\n"',
    );
  });

  test("lets the service speak first and hang up first, as it did", async () => {
    const player = playConnection(
      connection(
        [
          ["", "hello\n"],
          ["bye\n", ""],
        ],
        "service",
      ),
      {},
    );
    expect(said(player)).toBe("hello\n");
    player.stream.resume().write("bye\n");
    await new Promise((resolve) => player.stream.once("end", resolve));
    expect(player.difference()).toBeUndefined();
  });

  test("hangs up when the program does", async () => {
    const player = playConnection(twice, {});
    player.stream.resume().end("one\n");
    await new Promise((resolve) => player.stream.once("end", resolve));
    expect(player.difference()).toContain("never came");
  });

  test("expects the stand-in where a secret stood", () => {
    const exchanges = [{ request: [Buffer.from("k="), { secret: "K" }], response: [] }];
    const player = playConnection({ exchanges, endedBy: "program" }, { K: "stand-in" });
    player.stream.write("k=stand-in");
    expect(player.difference()).toBeUndefined();
  });
});
