/**
 * The flags with which `local-rag index` uses the whole machine, as the peers do: by default it leaves
 * half of it to others.
 */
export const fullSpeed: readonly string[] = ["--cpu", "100%"];
