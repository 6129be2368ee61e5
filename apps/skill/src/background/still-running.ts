/**
 * The exit code of what is not known yet: a run goes on, ask again. `EX_TEMPFAIL` of sysexits(3), and none of the
 * contract's meanings (docs/decisions/0007).
 */
export const STILL_RUNNING: number = 75;
