const names = `
  -> ->> abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws cos cosh count
  cume_dist date datetime degrees dense_rank exp first_value floor format glob group_concat hex if ifnull iif instr
  json json_array json_array_length json_error_position json_extract json_group_array json_group_object json_insert
  json_object json_patch json_pretty json_quote json_remove json_replace json_set json_type json_valid
  julianday lag last_value lead length like likelihood likely ln log log10 log2 lower ltrim max median min mod
  nth_value ntile nullif octet_length percent_rank percentile percentile_cont percentile_disc pi pow power printf
  quote radians rank replace round row_number rtrim sign sin sinh sqrt strftime string_agg substr substring sum tan
  tanh time timediff total trim trunc typeof unhex unicode unixepoch unlikely upper
`;

/**
 * Functions that a query may call: they compute from what they are given and reach nothing else. Not
 * here: `load_extension`, what depends on chance or the clock, what tells about SQLite itself, and
 * everything of the full text, R-tree and geometry extensions.
 */
export const allowedFunctions: ReadonlySet<string> = new Set(names.trim().split(/\s+/u));
