import { describe, expect, test } from "vitest";

import { answerOfSquid, pairsOfSquid, readSquid } from "../artifacts/read-squid.ts";
import { renderedFiles } from "../artifacts/rendered-files.cases.ts";
import { squidFindings } from "./squid-controls.ts";

function rendered(allow = "[{host: api.example.net, port: 8443, why: a test}]"): string {
  const text = `deploy: 1\nprofile: hybrid\nmodels: {primary: openrouter/a/b, fallbacks: [ollama/llama3.2:3b]}\negress: {mode: allowlist, allow: ${allow}}\n`;
  return renderedFiles(text).find(({ kind }) => kind === "squid")?.text ?? "";
}

const expected = (text: string): readonly string[] =>
  squidFindings({ path: "squid.conf", kind: "squid", text }).map(
    ({ message }) => /expected (.*), got/u.exec(message)?.[1] ?? message,
  );

const asksNobody = "what is on no list refused before its name is resolved";

describe("T7: squid.conf, worked out", () => {
  test("as it is rendered, and with nothing on its list", () => {
    expect(expected(rendered())).toEqual([]);
    const empty = rendered()
      .split("\n")
      .filter((one) => !/named|inward|host[0-9]|port[0-9]/u.test(one))
      .join("\n");
    expect(expected(empty)).toEqual([]);
  });

  test("lets through exactly the pairs of the list", () => {
    expect(pairsOfSquid(readSquid(rendered()))).toEqual([
      { host: "openrouter.ai", port: 443 },
      { host: "api.example.net", port: 8443 },
    ]);
  });

  test.each([
    [
      "inner addresses are looked for first",
      /(http_access deny !named\n)([\s\S]*?http_access deny inward\n)/u,
      "$2$1",
    ],
    ["other names are not refused by themselves", /http_access deny !named\n/u, ""],
    ["the list does not say that nobody is asked", /named dstdomain -n/u, "named dstdomain"],
    ["a list that needs an address is looked at first", /deny !named/u, "deny inward !named"],
    [
      "a list of a kind that nobody knows",
      /http_access deny !named/u,
      "acl odd srcdomain x\nhttp_access deny odd\n$&",
    ],
  ] as const)("a name would leave: %s", (_, from, to) => {
    const text = rendered().replace(from, to);
    expect(text).not.toBe(rendered());
    expect(expected(text)).toContain(asksNobody);
  });

  test("a listed host that leads inside is refused", () => {
    const open = rendered().replace("http_access deny inward\n", "");
    expect(expected(open)).toContain(
      "a listed host refused where its addresses are inner ones, and let through elsewhere",
    );
  });

  test("a rule is looked at from the left until a list does not hold", () => {
    const access = readSquid(
      "acl a dstdomain -n x.example\nacl b dst 10.0.0.0/8\nhttp_access allow a b\nhttp_access deny all\n",
    );
    const request = { method: "CONNECT", port: 443, isAddress: false };
    expect(answerOfSquid(access, { ...request, host: "y.example" }, true)).toEqual({
      action: "deny",
      asks: false,
    });
    expect(answerOfSquid(access, { ...request, host: "x.example" }, true)).toEqual({
      action: "allow",
      asks: true,
    });
  });
});
