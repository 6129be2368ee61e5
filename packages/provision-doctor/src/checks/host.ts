import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import { word } from "./commands.ts";

/** 4.2: WSL 2 restarts with Ollama and CUDA. */
export const wslRestart: Check = {
  id: "wsl-ollama-restart",
  symptom: "WSL 2 restarts again and again",
  cause: "ollama.service has Restart=always, and CUDA under WSL takes the virtual machine down",
  fix: "sudo systemctl edit ollama.service  # [Service] Restart=on-failure",
  reads: "host",
  look: ({ host }) => {
    const version = host?.read("/proc/version").text;
    if (host === undefined || version === undefined)
      return { notChecked: "there is no /proc/version" };
    if (!/microsoft/iu.test(version)) return { doesNotApply: "not WSL" };
    if (
      host.about("/usr/lib/wsl/lib/libcuda.so.1") === undefined &&
      host.about("/dev/dxg") === undefined
    )
      return { doesNotApply: "no CUDA" };
    for (const file of [
      "/etc/systemd/system/ollama.service",
      "/usr/lib/systemd/system/ollama.service",
    ]) {
      const text = host.read(file).text ?? "";
      const line = text.split("\n").findIndex((one) => /^Restart=always\s*$/u.test(one));
      if (line >= 0)
        return found([
          { evidence: [{ file, line: line + 1, value: "Restart=always" }], fix: wslRestart.fix },
        ]);
    }
    return found([]);
  },
};

/** 4.2: the kernel's own count. */
export const outOfMemory: Check = {
  id: "gateway-oom-killed",
  symptom: "the gateway is gone without a line in its log",
  cause: "the kernel ended it: its control group was out of memory",
  fix: "claw apply deploy.yaml  # with a higher limits.memoryMb, or fewer agents at a time",
  reads: "host",
  look: ({ host, name, gateway }) => {
    if (gateway?.form !== "unit") return { doesNotApply: "the gateway is no unit" };
    const file = `/sys/fs/cgroup/system.slice/claw-${name}-gateway.service/memory.events`;
    const text = host?.read(file).text;
    if (text === undefined) return { notChecked: `${file} is not there` };
    const kills = Number(/^oom_kill ([0-9]+)$/mu.exec(text)?.[1] ?? 0);
    return found(
      kills === 0
        ? []
        : [{ evidence: [{ file, value: `oom_kill ${kills}` }], fix: outOfMemory.fix }],
    );
  },
};

/** S14: what a unit starts must be there. */
export const programMissing: Check = {
  id: "program-missing",
  symptom: "`status=203/EXEC`: the unit does not start",
  cause: "the program that a unit starts is not installed where it says",
  fix: "install it there: see the unit's ExecStart",
  reads: "host",
  look: (scene) => {
    const { host } = scene;
    const units = scene.services.filter(({ form }) => form === "unit");
    if (host === undefined || units.length === 0) return { doesNotApply: "no unit" };
    const installed = units.filter(
      ({ file }) =>
        host.about(`/etc/systemd/system/${file.slice(file.lastIndexOf("/") + 1)}`) !== undefined,
    );
    if (installed.length === 0)
      return { notChecked: "no unit is installed in /etc/systemd/system" };
    return found(
      installed.flatMap((service): readonly Fault[] => {
        const program = (service.command[0] ?? "").replace(/^[-+!@:]+/u, "");
        if (!program.startsWith("/") || host.about(program) !== undefined) return [];
        const evidence = [
          { file: service.file, line: service.lineOf("ExecStart"), value: program },
        ];
        return [
          {
            evidence,
            fix: `sudo install -m 0755 ${word(program.slice(program.lastIndexOf("/") + 1))} ${word(program)}`,
          },
        ];
      }),
    );
  },
};
