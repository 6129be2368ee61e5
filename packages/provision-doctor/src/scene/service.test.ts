import fc from "fast-check";
import { expect, test } from "vitest";

import { composeFile } from "./compose-file.ts";
import { mebibytes, publishedPort, roleOf, seconds } from "./service.ts";
import { unitService } from "./unit-file.ts";

test.each([
  ["330", 330],
  ["330s", 330],
  ["5m30s", 330],
  ["5min 30s", 330],
  ["1h", 3600],
  ["500ms", 0.5],
  ["", undefined],
  ["soon", undefined],
  ["5 parsecs", undefined],
])("a time of %j is %j seconds", (text, expected) => {
  expect(seconds(text)).toBe(expected);
});

test.each([
  ["2048m", 2048],
  ["2g", 2048],
  ["2GiB", 2048],
  ["768M", 768],
  ["1073741824", 1024],
  ["", undefined],
  ["infinity", undefined],
])("a size of %j is %j MiB", (text, expected) => {
  expect(mebibytes(text)).toBe(expected);
});

test.each([
  ["127.0.0.1:18789:18789", "127.0.0.1", 18_789, 18_789],
  ["18789:18789", "", 18_789, 18_789],
  ["18789", "", 18_789, 18_789],
  ["[::1]:80:8080/tcp", "[::1]", 80, 8080],
  ["${PORT}:18789", "", undefined, 18_789],
])("the port %j", (text, address, host, inside) => {
  expect(publishedPort(text)).toEqual({ text, address, host, inside });
});

test.each([
  ["openclaw-gateway", "gateway"],
  ["claw-home-gateway", "gateway"],
  ["claw-home-ollama-gate", "ollama-gate"],
  ["ollama", "ollama"],
  ["openclaw-cli", "cli"],
  ["database", "other"],
])("%s is a %s by its name", (name, role) => {
  expect(roleOf(name)).toBe(role);
});

test("a compose file and a unit of any text are read without failing", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      composeFile("compose.yaml", text);
      unitService("units/x.service", text);
      unitService("quadlet/x.container", text);
    }),
  );
});

test("a key of a compose file is found on its line, also where it is missing", () => {
  const text = "services:\n  gateway:\n    image: a:1\n    healthcheck:\n      test: [CMD, x]\n";
  const [gateway] = composeFile("compose.yaml", text).services;
  expect(gateway?.lineOf("image")).toBe(3);
  expect(gateway?.lineOf("healthcheck", "test")).toBe(5);
  expect(gateway?.lineOf("healthcheck", "start_period")).toBe(4);
  expect(gateway?.lineOf("ports")).toBe(2);
});

test("aliases that multiply are an error and no gigabyte", () => {
  const many = Array.from({ length: 9 }, (_one, index) => {
    const from = index === 0 ? "x" : `*a${index - 1}`;
    return `a${index}: &a${index} [${Array.from({ length: 9 }, () => from).join(", ")}]`;
  });
  const read = composeFile("compose.yaml", `${many.join("\n")}\nservices: *a8\n`);
  expect(read.services).toEqual([]);
});
