/** The release of OpenClaw that every stage is judged with. Raise it here, and nowhere else. */
export const openclawVersion = "2026.9.6";
