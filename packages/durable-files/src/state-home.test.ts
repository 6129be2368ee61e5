import { describe, expect, test } from "vitest";

import { stateHome } from "./state-home.ts";

describe("the state folder", () => {
  test.each([
    ["linux", { HOME: "/home/u" }, "/home/u/.local/state/clawkeep"],
    ["linux", { HOME: "/home/u", XDG_STATE_HOME: "/s" }, "/s/clawkeep"],
    ["linux", { HOME: "/home/u", XDG_STATE_HOME: "s" }, "/home/u/.local/state/clawkeep"],
    ["linux", { HOME: "/home/u", XDG_STATE_HOME: "/s", CLAWKEEP_HOME: "/c" }, "/c"],
    ["linux", { HOME: "/home/u", CLAWKEEP_HOME: "" }, "/home/u/.local/state/clawkeep"],
    ["darwin", { HOME: "/Users/u" }, "/Users/u/Library/Application Support/clawkeep"],
    ["darwin", { HOME: "/Users/u", CLAWKEEP_HOME: "/c" }, "/c"],
  ] as const)("on %s with %j is %s", (platform, env, expected) => {
    expect(stateHome(env, platform)).toBe(expected);
  });

  test("is found without HOME, and with one that is relative", () => {
    expect(stateHome({}, "linux")).toMatch(/^\/.*\.local\/state\/clawkeep$/u);
    expect(stateHome({ HOME: "x" }, "linux")).toBe(stateHome({}, "linux"));
  });

  test("is never relative to the working directory", () => {
    expect(() => stateHome({ CLAWKEEP_HOME: "state" })).toThrow(
      expect.objectContaining({ code: "STATE_HOME_RELATIVE" }),
    );
  });
});
