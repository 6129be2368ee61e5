import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import { listenPort } from "../scene/scene.ts";
import type { Service } from "../scene/service.ts";
import { renderAgain, serviceEvidence } from "./commands.ts";

const portsKey = (service: Service): readonly string[] => [
  service.form === "compose" ? "ports" : "PublishPort",
];

/** 4.2: Docker publishes nothing on an internal network. */
export const internalOnly: Check = {
  id: "ui-internal-only",
  symptom: "the Control UI cannot be reached although its port is published",
  cause: "the gateway is on internal networks only: Docker publishes no port there",
  fix: "a second network that is not internal, with masquerading off",
  reads: "files",
  look: (scene) => {
    const { gateway, compose } = scene;
    if (gateway?.form !== "compose" || compose === undefined)
      return { doesNotApply: "no compose file" };
    if (gateway.ports.length === 0) return { doesNotApply: "no port is published" };
    const networks = gateway.networks.map((name) =>
      compose.networks.find((one) => one.name === name),
    );
    if (networks.length === 0 || networks.some((one) => one === undefined || !one.isInternal))
      return found([]);
    const evidence = [
      serviceEvidence(gateway, ["networks"], `${gateway.networks.join(", ")}: internal`),
    ];
    return found([
      {
        evidence,
        fix: renderAgain(scene, 'add a network `front` with enable_ip_masquerade: "false"'),
      },
    ]);
  },
};

/** 4.2: an internal network still reaches the bridge's own address, which is the host. */
export const internalReachesHost: Check = {
  id: "internal-network-reaches-host",
  symptom: "a container on an internal network reaches ssh or Ollama of the host",
  cause:
    "the address of the bridge is the host's, and no rule drops what comes in from that bridge",
  fix: "sudo nft -f nftables/claw-NAME.nft",
  reads: "files",
  look: (scene) => {
    const { compose, files } = scene;
    if (compose === undefined) return { doesNotApply: "no compose file" };
    if (files.some(({ path }) => path.startsWith("launchd/")))
      return { doesNotApply: "macOS: the bridge is in a virtual machine" };
    const internal = compose.networks.filter(({ isInternal }) => isInternal);
    if (internal.length === 0) return { doesNotApply: "no internal network" };
    const rules = files.find(({ path }) => /^nftables\/[^/]+\.nft$/u.test(path));
    const input = /chain input \{(.*?)\n\s*\}/su.exec(rules?.text ?? "")?.[1] ?? "";
    const drops = input
      .split("\n")
      .filter((line) => line.trim().endsWith(" drop"))
      .join("\n");
    const open = internal.filter(({ bridge }) => bridge === "" || !drops.includes(`"${bridge}"`));
    if (open.length === 0) return found([]);
    const evidence = [
      {
        file: rules?.path ?? compose.file,
        value: `nothing drops what comes from ${open.map(({ name }) => name).join(", ")}`,
      },
    ];
    return found([
      {
        evidence,
        fix: renderAgain(scene, "drop input from each bridge, then sudo nft -f the file"),
      },
    ]);
  },
};

/** 1.5: names of the outside are asked of Docker's own resolver, which forwards. */
export const dnsForwarder: Check = {
  id: "dns-forwarder-open",
  symptom: "a gateway without a way out still resolves names: data can leave in them",
  cause:
    "a network that is not internal brings Docker's resolver, which asks the host's; no dns is set",
  fix: "dns: [127.0.0.1] for services that reach no name outside",
  reads: "files",
  look: (scene) => {
    const { compose } = scene;
    if (compose === undefined) return { doesNotApply: "no compose file" };
    const closed = compose.networks.filter(
      ({ masquerades, isInternal }) => !masquerades && !isInternal,
    );
    if (closed.length === 0) return { doesNotApply: "no network without masquerading" };
    return found(
      compose.services
        .filter(({ networks }) => networks.some((name) => closed.some((one) => one.name === name)))
        .filter(({ dns }) => dns.length === 0 || dns.some((one) => !one.startsWith("127.")))
        .map((service): Fault => ({
          evidence: [
            serviceEvidence(
              service,
              ["dns"],
              `${service.name}: ${service.dns.join(", ") || "no dns"}`,
            ),
          ],
          fix: renderAgain(scene, `dns: ["127.0.0.1"] for ${service.name}`),
        })),
    );
  },
};

/** 4.2, 1.5, G3: every interface. */
export const publishedEverywhere: Check = {
  id: "published-on-all-interfaces",
  symptom: "the whole network reaches the gateway or Ollama, whatever UFW says",
  cause: "a port is published without an address: Docker opens it on all interfaces, before UFW",
  fix: "127.0.0.1: before the port",
  reads: "files",
  look: (scene) => {
    const published = scene.services.filter(({ ports }) => ports.length > 0);
    if (published.length === 0) return { doesNotApply: "nothing is published" };
    return found(
      published.flatMap((service) =>
        service.ports
          .filter(({ address }) => !/^(?:127\.|\[?::1\]?$|localhost$)/u.test(address))
          .map((port): Fault => ({
            evidence: [
              {
                ...serviceEvidence(service, portsKey(service), port.text),
                ...(port.host === undefined ? {} : { port: port.host }),
              },
            ],
            fix: renderAgain(scene, `127.0.0.1:${port.text.slice(port.text.indexOf(":") + 1)}`),
          })),
      ),
    );
  },
};

/** G18: the mapping is fixed while the gateway listens elsewhere. */
export const portMapping: Check = {
  id: "port-mapping-mismatch",
  symptom: "the port was changed, and nothing answers on it",
  cause: "the port that is published leads to another than the gateway listens on",
  fix: "the same port in openclaw.json, ports and healthcheck: change gateway.port of the spec",
  reads: "files",
  look: (scene) => {
    const { gateway } = scene;
    if (gateway === undefined || gateway.ports.length === 0)
      return { doesNotApply: "nothing is published" };
    const listens = listenPort(scene);
    const wrong = gateway.ports.filter(({ inside }) => inside !== undefined);
    if (wrong.some(({ inside }) => inside === listens)) return found([]);
    if (wrong.length === 0) return { notChecked: "the ports are variables" };
    const evidence = [
      {
        ...serviceEvidence(gateway, portsKey(gateway), wrong.map(({ text }) => text).join(", ")),
        port: listens,
      },
    ];
    return found([{ evidence, fix: renderAgain(scene, `publish ${listens}`) }]);
  },
};

/** 4.2, T13: Docker's own chain is the only one that it asks first. */
export const dockerUser: Check = {
  id: "docker-user-rule-missing",
  symptom: "neighbours in the network reach containers, although UFW denies it",
  cause: "no rule of DOCKER-USER: packets to containers never pass UFW",
  fix: "sudo iptables-restore --noflush iptables/claw-NAME.v4, and ip6tables-restore for .v6",
  reads: "files",
  look: (scene) => {
    const { compose, files } = scene;
    if (compose === undefined || scene.gateway?.form !== "compose")
      return { doesNotApply: "no compose file" };
    if (files.some(({ path }) => path.startsWith("launchd/")))
      return { doesNotApply: "macOS: the bridge is in a virtual machine" };
    const bridges = compose.networks.filter(
      ({ isInternal, bridge }) => !isInternal && bridge !== "",
    );
    if (bridges.length === 0) return { doesNotApply: "no bridge that is named" };
    const missing = ["v4", "v6"].filter((end) => {
      const text =
        files.find(({ path }) => path.startsWith("iptables/") && path.endsWith(`.${end}`))?.text ??
        "";
      return !bridges.every(({ bridge }) => text.includes(`-A DOCKER-USER -i ${bridge} `));
    });
    if (missing.length === 0) return found([]);
    const evidence = [
      {
        file: `iptables/claw-${scene.name}.${missing[0] ?? ""}`,
        value: `no rule for ${bridges.map(({ name }) => name).join(", ")}`,
      },
    ];
    return found([
      {
        evidence,
        fix: renderAgain(scene, "add DOCKER-USER rules that drop what comes from each bridge"),
      },
    ]);
  },
};
