import { afterAll, describe, expect, test } from "vitest";

import { openDocumentReader } from "../../index.ts";

const reader = openDocumentReader({ timeoutMs: 10_000 });
afterAll(() => reader.close());

async function textOf(path: string, text: string): Promise<string> {
  const { document, findings } = await reader.read(path, Buffer.from(text));
  return document === undefined
    ? findings.map(({ code }) => code).join()
    : Buffer.from(document.bytes).toString();
}

describe("a notebook", () => {
  test("of nbformat 3 is read too", async () => {
    const cells = [{ cell_type: "code", input: ["a = 1\n", "b = 2"], outputs: [] }];
    expect(await textOf("a.ipynb", JSON.stringify({ worksheets: [{ cells }] }))).toBe(
      "a = 1\nb = 2",
    );
  });

  test.each([
    ["no JSON", "{", "DOCUMENT_DAMAGED"],
    ["no cells", "[1]", "DOCUMENT_DAMAGED"],
    ["cells that are none", '{"cells":[1,null,{"source":{}}]}', "DOCUMENT_NO_TEXT"],
    [
      "depth without end",
      `{"cells":${"[".repeat(500_000)}${"]".repeat(500_000)}}`,
      "DOCUMENT_NO_TEXT",
    ],
  ])("costs one finding when it has %s", async (_what, text, code) => {
    expect(await textOf("a.ipynb", text)).toBe(code);
  });
});

describe("a message", () => {
  test("without text gives the text of its page", async () => {
    const mail = "Subject: Hi\r\nContent-Type: text/html\r\n\r\n<p>One<script>no</script></p>";
    expect(await textOf("a.eml", mail)).toBe("Hi\n\nOne");
  });

  test("that is nested without end costs one finding", async () => {
    const nested = Array.from(
      { length: 5000 },
      (_, level) => `Content-Type: multipart/mixed; boundary="b${level}"\r\n\r\n--b${level}\r\n`,
    ).join("");
    expect(await textOf("a.eml", nested)).toMatch(/^DOCUMENT_[A-Z_]+$/u);
  });

  test("that is nothing but noise costs one finding at most", async () => {
    const noise = Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) % 256));
    const { document, findings } = await reader.read("a.eml", noise);
    expect(document === undefined ? findings.length : 1).toBe(1);
  });

  test("in a mailbox begins behind a blank line only", async () => {
    const box = "From a\nSubject: One\n\nText\nFrom here on\n\nFrom b\nSubject: Two\n\nMore\n";
    expect(await textOf("a.mbox", box)).toBe("One\n\nText\nFrom here on\n\nTwo\n\nMore");
  });
});
