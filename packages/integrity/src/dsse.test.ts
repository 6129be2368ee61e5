import { createPublicKey, verify } from "node:crypto";

import { isCodedError } from "@clawkeep/diagnostics";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { openEnvelope, preAuthenticationEncoding, signEnvelope } from "./dsse.ts";
import { createKeyPair, parseSignerKey, verifierOf } from "./note-keys.ts";

const signer = parseSignerKey(createKeyPair("somebody", new Uint8Array(32).fill(7)).signerKey);
const other = parseSignerKey(createKeyPair("somebody", new Uint8Array(32).fill(8)).signerKey);
const { publicKey } = verifierOf(signer);

const contents = fc.record({
  payloadType: fc.string({ minLength: 1, unit: "grapheme" }),
  payload: fc.uint8Array({ maxLength: 300 }),
});

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isCodedError(error)) return error.code;
    throw error;
  }
  return "accepted";
}

describe("the test vector that the DSSE specification publishes", () => {
  const envelope = {
    payload: "aGVsbG8gd29ybGQ=",
    payloadType: "http://example.com/HelloWorld",
    sig: "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==",
  };
  const x = 46950820868899156662930047687818585632848591499744589407958293238635476079160n;
  const y = 5640078356564379163099075877009565129882514886557779369047442380624545832820n;
  const payload = Buffer.from(envelope.payload, "base64");

  test("has the encoding that is printed there", () => {
    const encoded = preAuthenticationEncoding({ payloadType: envelope.payloadType, payload });
    expect(Buffer.from(encoded).toString()).toBe(
      "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
    );
  });

  test("was signed over our encoding, by the key that is printed there", () => {
    const part = (value: bigint): string =>
      Buffer.from(value.toString(16).padStart(64, "0"), "hex").toString("base64url");
    const key = createPublicKey({
      key: { kty: "EC", crv: "P-256", x: part(x), y: part(y) },
      format: "jwk",
    });
    const encoded = preAuthenticationEncoding({ payloadType: envelope.payloadType, payload });
    const signature = Buffer.from(envelope.sig, "base64");
    const p1363 = { key, dsaEncoding: "ieee-p1363" } as const;
    expect(verify("sha256", encoded, p1363, signature)).toBe(true);
    expect(verify("sha256", Buffer.concat([encoded, payload]), p1363, signature)).toBe(false);
  });
});

describe("the pre-authentication encoding", () => {
  test("counts bytes, not characters", () => {
    const encoded = preAuthenticationEncoding({
      payloadType: "größe",
      payload: Buffer.from("日本"),
    });
    expect(Buffer.from(encoded).toString()).toBe("DSSEv1 7 größe 6 日本");
  });

  test("can be taken apart in one way only", () => {
    fc.assert(
      fc.property(contents, (content) => {
        const encoded = Buffer.from(preAuthenticationEncoding(content));
        const [, digits = ""] = /^DSSEv1 (0|[1-9][0-9]*) /u.exec(encoded.toString("latin1")) ?? [];
        const start = "DSSEv1 ".length + digits.length + 1;
        const type = encoded.subarray(start, start + Number(digits));
        const rest = encoded.subarray(start + Number(digits));
        const [head = "", length = ""] = /^ (0|[1-9][0-9]*) /u.exec(rest.toString("latin1")) ?? [];
        expect(type.toString()).toBe(content.payloadType);
        expect(Number(length)).toBe(content.payload.length);
        expect(rest.subarray(head.length)).toEqual(Buffer.from(content.payload));
      }),
    );
  });
});

describe("an envelope", () => {
  test("gives back what was signed", () => {
    fc.assert(
      fc.property(contents, (content) => {
        const opened = openEnvelope(signEnvelope(content, signer), publicKey);
        expect(opened.payloadType).toBe(content.payloadType);
        expect(Buffer.from(opened.payload)).toEqual(Buffer.from(content.payload));
      }),
      { numRuns: 50 },
    );
  });

  test("with any change of type, payload or signature is refused", () => {
    fc.assert(
      fc.property(contents, fc.nat(), fc.integer({ min: 1, max: 255 }), (content, at, by) => {
        const envelope = JSON.parse(signEnvelope(content, signer)) as {
          payload: string;
          payloadType: string;
          signatures: { sig: string }[];
        };
        const flip = (text: string): string => {
          const bytes = Buffer.from(text, "base64");
          const index = at % (bytes.length + 1);
          // One past the end is a byte more.
          return Buffer.concat([
            bytes.subarray(0, index),
            Buffer.from([(bytes[index] ?? 0) ^ by]),
            bytes.subarray(index + 1),
          ]).toString("base64");
        };
        const [signature] = envelope.signatures;
        for (const changed of [
          { ...envelope, payload: flip(envelope.payload) },
          { ...envelope, payloadType: `${envelope.payloadType} ` },
          { ...envelope, signatures: [{ sig: flip(signature?.sig ?? "") }] },
        ]) {
          expect(code(() => openEnvelope(JSON.stringify(changed), publicKey))).toBe(
            "DSSE_SIGNATURE",
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  test("may be spelled in either alphabet, carry other signatures, wrong hints and unknown members", () => {
    const content = { payloadType: "text/plain", payload: Buffer.from([251, 255, 190, 1]) };
    const ours = JSON.parse(signEnvelope(content, signer)) as {
      payload: string;
      signatures: { sig: string }[];
    };
    const theirs = JSON.parse(signEnvelope(content, other)) as typeof ours;
    const url = (text: string): string => text.replaceAll("+", "-").replaceAll("/", "_");
    const sig = ours.signatures[0]?.sig ?? "";
    for (const spelled of [url(sig), url(sig).replace(/=+$/u, ""), sig]) {
      const text = JSON.stringify({
        payloadType: "text/plain",
        payload: url(ours.payload),
        signatures: [...theirs.signatures, { sig: spelled, keyid: "another", extension: {} }],
        more: 1,
      });
      expect(Buffer.from(openEnvelope(text, publicKey).payload)).toEqual(content.payload);
    }
    expect(code(() => openEnvelope(JSON.stringify({ ...theirs }), publicKey))).toBe(
      "DSSE_SIGNATURE",
    );
  });

  test.each([
    ["", "not JSON"],
    ["[]", "no object"],
    ["null", "nothing"],
    ['{"payload":"AA==","payloadType":"a"}', "no signatures"],
    ['{"payload":"AA==","payloadType":"a","signatures":[]}', "empty signatures"],
    ['{"payload":"AA==","payloadType":"a","signatures":[{}]}', "no sig"],
    ['{"payload":"AA==","payloadType":"","signatures":[{"sig":"AA=="}]}', "an empty type"],
    ['{"payload":"AB==","payloadType":"a","signatures":[{"sig":"AA=="}]}', "unused bits"],
    ['{"payload":"A A==","payloadType":"a","signatures":[{"sig":"AA=="}]}', "white space"],
    ['{"payload":1,"payloadType":"a","signatures":[{"sig":"AA=="}]}', "no text"],
    [
      '{"__proto__":{"payload":"AA=="},"payloadType":"a","signatures":[{"sig":"AA=="}]}',
      "inherited",
    ],
  ])("%j is refused: %s", (text) => {
    expect(code(() => openEnvelope(text, publicKey))).toBe("DSSE_MALFORMED");
  });
});
