import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { createKeyPair, parseSignerKey, parseVerifierKey, verifierOf } from "./note-keys.ts";
import { signNote, unverifiedNoteText, verifyNote } from "./signed-note.ts";

/** The example in the documentation of golang.org/x/mod/sumdb/note. */
const foreign = {
  signerKey: "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
  verifierKey: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  note: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
};

const pair = createKeyPair("example.org/log", Buffer.alloc(32, 7));
const signer = parseSignerKey(pair.signerKey);
const verifier = parseVerifierKey(pair.verifierKey);

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "nothing thrown";
}

describe("keys for notes", () => {
  test("are read and written as Go does", () => {
    const key = parseSignerKey(foreign.signerKey);
    expect(createKeyPair(key.name, key.seed)).toEqual({
      signerKey: foreign.signerKey,
      verifierKey: foreign.verifierKey,
    });
    expect(parseVerifierKey(foreign.verifierKey).keyId).toBe("c74f20a3");
    expect(verifierOf(key).publicKey.equals(parseVerifierKey(foreign.verifierKey).publicKey)).toBe(
      true,
    );
  });

  test("are new each time", () => {
    expect(createKeyPair("a").signerKey).not.toBe(createKeyPair("a").signerKey);
  });

  test.each(["", "a b", "a+b", "a\nb", "a\u00a0b", "a\u3000b", "\ud800"])(
    "refuse the name %j",
    (name) => {
      expect(code(() => createKeyPair(name))).toBe("NOTE_KEY_NAME");
    },
  );

  test("are found out when any character changes, without printing the secret", () => {
    for (const [text, parse] of [
      [pair.signerKey, parseSignerKey],
      [pair.verifierKey, parseVerifierKey],
    ] as const) {
      for (let index = 0; index < text.length; index += 1) {
        for (const other of ["A", "b", "0", "+", " ", "\n", "="]) {
          const changed = text.slice(0, index) + other + text.slice(index + 1);
          if (changed !== text) {
            expect(code(() => parse(changed))).toBe("NOTE_KEY_MALFORMED");
          }
        }
      }
    }
    expect(() => parseSignerKey(`${pair.signerKey}x`)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(pair.signerKey.slice(-20)) }),
    );
  });
});

describe("signed notes", () => {
  test("have the very bytes that Go's implementation signs", () => {
    expect(signNote(foreign.text, parseSignerKey(foreign.signerKey))).toBe(foreign.note);
    expect(verifyNote(foreign.note, parseVerifierKey(foreign.verifierKey)).text).toBe(foreign.text);
  });

  test("verify, and carry signatures of others along", () => {
    const note = signNote("a\n\nb\n", signer);
    const other = signNote("a\n\nb\n", parseSignerKey(foreign.signerKey));
    const both = note + other.slice(other.lastIndexOf("\u2014"));
    expect(verifyNote(both, verifier)).toEqual({
      text: "a\n\nb\n",
      signatures: [
        { name: "example.org/log", keyId: signer.keyId },
        { name: "PeterNeumann", keyId: "c74f20a3" },
      ],
    });
    expect(unverifiedNoteText(both)).toBe("a\n\nb\n");
  });

  test("do not verify when any byte has any other value", () => {
    const note = Buffer.from(signNote("origin\n12\n", signer));
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(note);
        changed[at] = (changed[at] ?? 0) ^ mask;
        expect(code(() => verifyNote(changed.toString("utf8"), verifier))).toMatch(/^NOTE_/u);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["no newline at the end", "a", "NOTE_TEXT"],
    ["a tab", "a\tb\n", "NOTE_TEXT"],
    ["a carriage return", "a\r\n", "NOTE_TEXT"],
    ["a lone surrogate", "\ud800\n", "NOTE_TEXT"],
  ])("are not made of a text with %s", (_, text, expected) => {
    expect(code(() => signNote(text, signer))).toBe(expected);
  });

  test.each([
    ["no signature", "a\n", "NOTE_MALFORMED"],
    ["an empty list of signatures", "a\n\n\n", "NOTE_MALFORMED"],
    ["a hyphen for the dash", signNote("a\n", signer).replace("\u2014", "-"), "NOTE_MALFORMED"],
    ["a signature by another key", foreign.note, "NOTE_UNSIGNED"],
    [
      "the signature of another text",
      signNote("a\n", signer).replace("a\n", "b\n"),
      "NOTE_SIGNATURE",
    ],
    [
      "the same key twice",
      `${signNote("a\n", signer)}${signNote("a\n", signer).slice(3)}`,
      "NOTE_MALFORMED",
    ],
    ["a megabyte and more", `${"a".repeat(1_000_001)}\n`, "NOTE_MALFORMED"],
  ])("are refused with %s", (_, note, expected) => {
    expect(code(() => verifyNote(note, verifier))).toBe(expected);
  });
});

describe("checkpoints", () => {
  const root = Buffer.alloc(32, 0xab);

  test("are three lines", () => {
    const text = formatCheckpoint({ origin: "example.org/log", size: 12, root });
    expect(text).toBe(`example.org/log\n12\n${root.toString("base64")}\n`);
    expect(parseCheckpoint(text)).toEqual({ origin: "example.org/log", size: 12, root });
  });

  test("come back as they were", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => !text.includes("\n")),
        fc.maxSafeNat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (origin, size, bytes) => {
          const checkpoint = { origin, size, root: Buffer.from(bytes) };
          expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint);
        },
      ),
    );
  });

  test.each([
    ["o\n012\n{root}\n"],
    ["o\n-1\n{root}\n"],
    ["o\n9007199254740993\n{root}\n"],
    ["o\n1e3\n{root}\n"],
    ["o\n1\n{root}"],
    ["o\n1\n{root}\nextension\n"],
    ["\n1\n{root}\n"],
    ["o\n1\nqqqq\n"],
    ["o\n1\n{root} \n"],
    ["o\n1\n{loose}\n"],
  ])("are refused as %j", (form) => {
    const base64 = root.toString("base64");
    // The last character before the padding has two bits that no byte takes.
    const loose = `${base64.slice(0, 42)}t=`;
    const text = form.replace("{root}", base64).replace("{loose}", loose);
    expect(code(() => parseCheckpoint(text))).toBe("CHECKPOINT_MALFORMED");
  });

  test("are not made of what has no line", () => {
    for (const bad of [
      { origin: "a\nb" },
      { origin: "" },
      { size: -1 },
      { root: Buffer.alloc(3) },
    ]) {
      const checkpoint = { origin: "o", size: 1, root, ...bad };
      expect(code(() => formatCheckpoint(checkpoint))).toBe("CHECKPOINT_MALFORMED");
    }
  });
});
