/** The version of OpenClaw that every rule of this package was tried against. It is never a floating one. */
export const openClawVersion = "2026.9.6";
