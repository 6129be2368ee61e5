import type { JudgedFile } from "../../../packages/provision-judges/src/index.ts";

/** Mistakes that real deployments have, in files of our own: each must be named by some judge. */
export const mistakes: readonly { readonly name: string; readonly files: readonly JudgedFile[] }[] =
  [
    {
      name: "a gateway and a CLI as a first try writes them",
      files: [
        {
          path: "compose.yaml",
          kind: "compose",
          text: `services:
  gateway:
    image: ghcr.io/example/gateway:latest
    ports: ["18789:18789"]
    environment: {GITHUB_TOKEN: "\${GITHUB_TOKEN}", BRAVE_API_KEY: "\${BRAVE_API_KEY}"}
    volumes: ["/dev/shm:/dev/shm", "./config:/home/node/.openclaw"]
    healthcheck: {test: ["CMD", "curl", "-f", "http://localhost:18790/health"]}
  cli:
    image: ghcr.io/example/gateway:latest
    volumes: ["/var/run/docker.sock:/var/run/docker.sock"]
`,
        },
      ],
    },
    {
      name: "a cage of which only the gateway is closed",
      files: [
        {
          path: "compose.yaml",
          kind: "compose",
          text: `services:
  gateway:
    image: ghcr.io/example/gateway:latest
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    ports: ["127.0.0.1:18789:18789"]
    depends_on: [ollama]
    networks: [inside]
  ollama:
    image: ollama/ollama:latest
    networks: [inside]
networks: {inside: {internal: true}}
`,
        },
      ],
    },
    {
      name: "an image that ends as root",
      files: [
        {
          path: "Dockerfile",
          kind: "dockerfile",
          text: `FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y curl nodejs
RUN curl -fsSL https://example.net/install | sh
RUN npm install -g openclaw@latest
ENV GATEWAY_TOKEN=changeme
CMD openclaw gateway
`,
        },
      ],
    },
    {
      name: "a unit with a program of no path",
      files: [
        {
          path: "units/openclaw-gateway.service",
          kind: "systemd-unit",
          text: `[Unit]
Description=gateway

[Service]
User=openclaw
ExecStart=openclaw gateway
Restart=always

[Install]
WantedBy=multi-user.target
`,
        },
      ],
    },
  ];
