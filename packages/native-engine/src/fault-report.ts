/**
 * Where the addon says what was wrong: what, and the numbers that say where. Three of them for vectors, two for
 * texts.
 */
export type FaultReport = Float64Array;
