import { describe, expect, test } from "vitest";

import { socketPlace } from "./socket-place.ts";

const coded = (code: string): unknown => expect.objectContaining({ code });

describe("the place of a service", () => {
  test("lies below the state folder", () => {
    expect(socketPlace("/home/a/state", "local-rag-1")).toEqual({
      folder: "/home/a/state/run",
      socket: "/home/a/state/run/local-rag-1.sock",
      lock: "/home/a/state/run/local-rag-1.lock",
      log: "/home/a/state/run/local-rag-1.log",
    });
  });

  test("is refused where the kernel would cut it, and is nowhere else then", () => {
    expect(() => socketPlace(`/${"h".repeat(200)}`, "a")).toThrow(coded("SERVICE_PATH_LONG"));
    // Bytes count, not letters.
    expect(() => socketPlace(`/${"ä".repeat(50)}`, "a")).toThrow(coded("SERVICE_PATH_LONG"));
  });

  test.each(["", "../a", "a/b", ".a", "a b", "a\0", "x".repeat(65)])("has no name %j", (name) => {
    expect(() => socketPlace("/h", name)).toThrow(coded("SERVICE_NAME"));
  });
});
