/**
 * Every error code, with what `syncline explain CODE` says of it: what it means, why it is an error, what to do.
 * Codes are stable once released. The part before the slash says who finds it.
 */
export const errorCodes = {
  'usage/invalid': 'The command line was not understood. Nothing was run. `syncline COMMAND --help` shows its flags.',
  'row/type': 'A value does not fit its column. The row was kept as a reject. Change the mapping (`type`, `on_error`, an `expr`) or the source.',
  'config/check':
    "A schema under `checks` is not valid JSON Schema, or asks for something JSON Schema does not know. Each check is the schema of one column's value.",
  'config/expression':
    'A CEL expression cannot be understood: a syntax error, an unknown name, or operands that never fit together. It sees `record`, `item`, `run` and `now`, and the functions `coalesce` and `text`.',
  'config/path':
    'A path cannot be understood. It is a chain of names, `address.city` or `tags.0`; a name with a dot is quoted: `["a.b"]`. It may begin with `$`, `$record`, `$run.id` or `$now`.',
  'config/value':
    'A constant of the config (`value` or `default`) does not fit the type of its column. Change the constant or the `type`.',
  'row/check':
    "A value broke the column's rule under `checks`. The row was kept as a reject; a missing value is judged as null.",
  'row/depth':
    'A json value is nested deeper than 500 levels. The row was kept as a reject. Map the part of it that is needed.',
  'row/each':
    'What `each` points to is not an array, or holds an element that has no fields. The record was kept as a reject. Correct the path, or the source.',
  'row/expression':
    'A CEL expression failed for this record, often because a value was null. The row was kept as a reject. `coalesce(record.a, 0)` stands in for a missing value.',
  'row/key':
    'A field of the primary key is missing or null, so the row has no identity. It was kept as a reject. Correct the mapping or the source, or choose another key.',
  'row/text':
    'A text holds a NUL character or half of a surrogate pair, which databases cut off or replace in silence. The row was kept as a reject. Clean the text in the source.',
  'schema/case':
    'Two columns have names that differ only in case, which many databases take for one. Rename one of them with `map`.',
  'schema/new_column':
    'The source brought a field that the target has no column for, and `schema_contract: freeze` forbids new columns. Map it, leave it out with `map`, or use `evolve`.',
  'schema/type_changed':
    'A column without a declared `type` got a value that does not fit the type it has. Declare a `type` for it in `map` to settle what it shall be.',
  'usage/unknown_plugin': 'There is no built-in plugin of that name. `syncline plugins list` lists them.',
  'usage/unknown_pipeline':
    'A pipeline was named that the config does not have. Nothing was run. `syncline config show` lists them.',
  'usage/unknown_code':
    'There is no such error code. `syncline explain` without a code lists all of them.',
  'usage/limited_replace':
    '`--max-records` reads a part of a stream, and mode `replace` makes the target what was read: together they would throw rows away. Nothing was run.',
  'source/missing_column':
    'A mapping reads a column by its name, and the file or table has no such column: it was renamed, removed, or misspelt. Nothing of this read was written. Correct the mapping, or give the field a `default`.',
  'sink/empty_replace':
    'The source returned no row, and mode `replace` would have emptied a target that has something. Nothing was changed. Look at the source first; if the target is to be emptied, run with `--allow-empty`.',
  'state/newer':
    'The state file was written by a newer version of Syncline, and this one does not know its form. Nothing was changed. Use that version, or name another file with `state:`.',
  'internal/bug':
    'Something Syncline did not foresee went wrong in it or in a plugin. The crash report that was named tells where; please report it.',
} as const;

export type ErrorCode = keyof typeof errorCodes;
