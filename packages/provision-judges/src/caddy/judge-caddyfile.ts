import { ofKind } from "../foreign/foreign-judge.ts";
import type { ForeignJudge } from "../foreign/foreign-judge.ts";
import { refusal, together } from "../foreign/opinion.ts";

/** A certificate of nobody, in the place of the one that the file names: it is read when the file is. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBfTCCASOgAwIBAgIUCi88ug3PNZGT9KLAowxJFajgCMswCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIc3RhbmQtaW4wIBcNMjYxMTIxMjIxNjQ5WhgPMjEyNjEwMjgy
MjE2NDlaMBMxETAPBgNVBAMMCHN0YW5kLWluMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEN/dxLIC8S9XGVxwYJN8G2ZMXSs/wOymphg1E0y4gBX+Q8uYsip5WpnTI
OV4oCEXDYX1QsALf832lROYaSRfxiqNTMFEwHQYDVR0OBBYEFLiN6YtVStqfc4sv
0Kml9GeQiPXGMB8GA1UdIwQYMBaAFLiN6YtVStqfc4sv0Kml9GeQiPXGMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgQ2DBQ3wy+Y9SEsIK9/z6dKhX
5WraFHSObsM1Xs3izU4CIQDKrOkntdUum0xd+Q+t6Pu5brGHqW85ZNHCfJ4ZdKYh
aw==
-----END CERTIFICATE-----
`;

/** `caddy validate`: the file is adapted and every module of it is made, and nothing listens. */
export const caddyJudge: ForeignJudge = {
  name: "caddy validate",
  programs: ["caddy"],
  version: ["version"],
  reads: ofKind("caddyfile"),
  judge: async (read, ask) => {
    const opinions = [];
    for (const { path, text } of read) {
      const answer = await ask({
        argv: ["validate", "--adapter", "caddyfile", "--config", path],
        files: [
          { path, text: text.replaceAll(/^(\s*trusted_ca_cert_file) .+$/gmu, "$1 stand-in.pem") },
          { path: "stand-in.pem", text: certificate },
        ],
      });
      opinions.push(refusal("CADDY_VALIDATE", path, answer));
    }
    return together(opinions);
  },
};
