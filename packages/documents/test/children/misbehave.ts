import { createInterface } from "node:readline";

/** A reader that does what the file says: sleep, die, flood, grow, lie. */
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const { id, bytes } = JSON.parse(line) as { id: number; bytes: string };
  const order = Buffer.from(bytes, "base64").toString("utf8");
  if (order.includes("sleep")) {
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  } else if (order.includes("die")) {
    process.exit(3);
  } else if (order.includes("flood")) {
    process.stdout.write("x".repeat(3_000_000));
  } else if (order.includes("grow")) {
    const held: unknown[] = [];
    for (;;) {
      held.push(Array.from({ length: 1_000_000 }, () => held.length));
    }
  } else if (order.includes("refuse")) {
    const refused = { code: "DOCUMENT_NO_GRAMMAR", message: "the grammar of it is not installed" };
    process.stdout.write(`${JSON.stringify({ id, refused })}\n`);
  } else if (order.includes("lie")) {
    process.stdout.write(
      `${JSON.stringify({ id, done: { text: "short", layer: { layer: "x", unit: "page", units: [] }, blocks: [{ kind: "paragraph", start: 0, end: 99, level: 0, title: "" }] } })}\n`,
    );
  } else {
    process.stdout.write(
      `${JSON.stringify({ id, done: { text: order, layer: { layer: "x", unit: "page", units: [{ start: 0, end: order.length, first: 1, last: 1 }] }, blocks: [{ kind: "paragraph", start: 0, end: order.length, level: 0, title: "" }] } })}\n`,
    );
  }
}
