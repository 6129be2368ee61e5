import { lstatSync, readlinkSync } from "node:fs";

/** What every sandbox sees of the host, read-only, where it exists; nothing else of it is there. */
const systemPaths: readonly { readonly path: string; readonly why: string }[] = [
  { path: "/usr", why: "programs and shared libraries" },
  { path: "/bin", why: "a link to usr/bin, or programs on older systems" },
  { path: "/sbin", why: "a link to usr/sbin, or programs on older systems" },
  { path: "/lib", why: "the dynamic loader and the C library" },
  { path: "/lib32", why: "the same for 32-bit programs, which the filter then refuses" },
  { path: "/lib64", why: "the dynamic loader's fixed path on x86-64" },
  { path: "/libx32", why: "a link on Debian" },
  { path: "/nix/store", why: "programs and libraries on NixOS" },
  { path: "/etc/ld.so.cache", why: "where the loader finds libraries outside /usr/lib" },
  { path: "/etc/alternatives", why: "Debian's links from /usr/bin to the chosen program" },
];

/** Bubblewrap options that show the system paths: links as links, the rest bound read-only. */
export function systemPathOptions(): readonly string[] {
  const options: string[] = [];
  for (const { path } of systemPaths) {
    try {
      options.push(
        ...(lstatSync(path).isSymbolicLink()
          ? ["--symlink", readlinkSync(path), path]
          : ["--ro-bind", path, path]),
      );
    } catch {
      // Absent on this machine.
    }
  }
  return options;
}

/** True for a host path that every sandbox shows under the same name. */
export function isSystemPath(file: string): boolean {
  return systemPaths.some(({ path }) => file === path || file.startsWith(`${path}/`));
}

/** Every path that every sandbox shows, whether it exists here or not. */
export function systemFolders(): readonly string[] {
  return systemPaths.map(({ path }) => path);
}
