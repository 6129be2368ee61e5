// A stand-in for OpenClaw's gateway and for Ollama, as real servers: what they say is one JSON argument.
// {port?, host?, healthz?, readyz?, origins?, silent?, tags?, show?, chat?, unix?}; prints its port, and stays until it is ended.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createSocketServer } from "node:net";

const says = JSON.parse(process.argv[2] ?? "{}");

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

const server = says.silent
  ? createSocketServer(() => {})
  : createServer((request, response) => {
      if (request.url === "/healthz" && says.healthz) json(response, 200, says.healthz);
      else if (request.url === "/readyz" && says.readyz) json(response, 200, says.readyz);
      else if (request.url === "/api/tags" && says.tags) json(response, 200, { models: says.tags });
      else if (request.url === "/api/show" && says.show) json(response, 200, says.show);
      else if (request.url === "/api/chat" && says.chat)
        json(response, 200, { message: says.chat });
      else json(response, 404, { error: "another server" });
    });

// The first frames of the gateway's protocol: a challenge, a hello, and an answer that looks at the origin only.
server.on("upgrade", (request, socket) => {
  const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(key).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.write(
    frame({ type: "event", event: "connect.challenge", payload: { nonce: "n", ts: 1 } }),
  );
  socket.once("data", () => {
    const isAllowed = (says.origins ?? []).includes(request.headers.origin);
    const error = isAllowed
      ? {
          code: "INVALID_REQUEST",
          message: "gateway token missing",
          details: { code: "AUTH_TOKEN_MISSING" },
        }
      : {
          code: "INVALID_REQUEST",
          message: "origin not allowed",
          details: { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED" },
        };
    socket.end(frame({ type: "res", id: "doctor", ok: false, error }));
  });
  socket.on("error", () => {});
});

function frame(value) {
  const text = Buffer.from(JSON.stringify(value));
  const head =
    text.length < 126
      ? Buffer.from([0x81, text.length])
      : Buffer.from([0x81, 126, text.length >> 8, text.length & 255]);
  return Buffer.concat([head, text]);
}

const ready = () => process.stdout.write(`${says.unix ?? server.address().port}\n`);
if (says.unix) server.listen(says.unix, ready);
else server.listen(says.port ?? 0, says.host ?? "127.0.0.1", ready);
