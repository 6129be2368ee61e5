import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Extraction } from "../extraction.ts";
import { extractHtml } from "./html.ts";

const read = (html: string): Extraction => extractHtml(Buffer.from(html));

describe("the text of a web page", () => {
  test.each([
    ["<p>One<p>Two <b>three</b>", "One\n\nTwo three"],
    ["<ul><li>a<li>b<ul><li>c</ul></ul>", "- a\n- b\n- c"],
    ["<p>a<br>b</p><div hidden>no</div><p aria-hidden=true>no</p>", "a\nb"],
    ["<nav>no</nav><script>no()</script><style>no{}</style><main>yes</main>", "yes"],
    ["<pre>  x\n    y</pre>", "  x\n    y"],
    ["<table><tr><th>A<th>B<tr><td>1<td>2</table>", "A | B\n1 | 2"],
    ["<dl><dt>Word<dd>Meaning</dl>", "Word\n\nMeaning"],
    ["a &amp; b &lt;c&gt; &copy;", "a & b <c> ©"],
    ["\u0007a\u0000b\u202e", "ab\u202e"],
  ])("%j", (html, text) => {
    expect(read(html).text).toBe(text);
  });

  test("is there however deep it lies", () => {
    expect(read(`${"<div>".repeat(20_000)}deep${"</div>".repeat(20_000)}`).text).toBe("deep");
    expect(read(`${"<b>".repeat(5000)}deep`).text).toBe("deep");
    expect(read(`<pre>${"<i>x</i>".repeat(200_000)}</pre>`).text).toHaveLength(200_000);
  });

  test("lies in order in its lines and in the file's", () => {
    const html = "<h1>One</h1>\n<p>Two\nand more</p>\n<p>Three</p>\n";
    const { layer, blocks, text = "" } = read(html);
    expect(layer?.units.map(({ first, last }) => [first, last])).toEqual([
      [1, 1],
      [2, 3],
      [4, 4],
    ]);
    expect(blocks.map(({ start, end }) => text.slice(start, end))).toEqual([
      "One",
      "Two and more",
      "Three",
    ]);
  });

  test("is well formed whatever the page is", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ..."<p> </p> <li> <h2> </h2> <table> <tr> <td> <pre> </pre> <br> <!-- --> <script> </script> &amp; &#0; &#xd800; < > \" ' = \r\n".split(
          " ",
        ),
        "\n",
      ),
      fc.string({ unit: "binary", maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const { text = "", blocks, layer } = read(pieces.join(""));
        expect(text.isWellFormed()).toBe(true);
        // eslint-disable-next-line no-control-regex -- controls are what is looked for
        expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/u);
        let behind = 0;
        for (const { start, end } of blocks) {
          expect(start).toBeGreaterThanOrEqual(behind);
          expect(text.slice(behind, start).trim()).toBe("");
          behind = end;
        }
        expect(behind).toBe(text.length);
        for (const { first, last } of layer?.units ?? []) {
          expect(first).toBeLessThanOrEqual(last);
        }
      }),
      { numRuns: 200 },
    );
  });
});
