/** What each code of an error in a config means, and what to do about it. */
export const configCodes = {
  'config/alias':
    'A YAML alias (`*name`) has no anchor (`&name`) above it, contains itself, or makes the config far larger than its text. Text that begins with `*` needs quotes.',
  'config/ambiguous':
    'YAML reads this value otherwise than it looks: `012` and `1.10` become numbers and lose digits, `yes` and `1_000` are text. Put it in quotes to keep the text, or write the value that is meant.',
  'config/check':
    "A schema under `checks` is not valid JSON Schema, or asks for something JSON Schema does not know. Each check is the schema of one column's value.",
  'config/column':
    "A column is named that the mapping does not have, or two columns get in each other's way: names that differ only in case, or a mapped column with the name of one that Syncline fills itself (`columns`).",
  'config/cycle':
    "Pipelines wait for one another through `after`, so none of them could start; or streams are read for each other's records. The message shows the ring; take one of them out.",
  'config/duplicate_key':
    'A map holds the same key twice, and only one of them could count. Remove one, or rename it.',
  'config/duplicate_name':
    'A source, sink or pipeline is declared in two files of the config. Names are shared by all files: rename one, or remove it.',
  'config/empty':
    'The config has no content but perhaps comments. It needs at least `version`, `sources`, `sinks` and `pipelines`.',
  'config/enum':
    'Only certain words are allowed here, and this is none of them. The message lists them; a plugin of your own is named by its path or its package.',
  'config/expression':
    'A CEL expression cannot be understood: a syntax error, an unknown name, or operands that never fit together. It sees `record`, `item`, `parent`, `run` and `now`, and the functions `coalesce` and `text`.',
  'config/field':
    'A column of `map` needs exactly one of `from`, `expr` and `value`. `on_error: default` needs a `default`; `format` and `timezone` belong to timestamps, `group` to numbers.',
  'config/file_reference':
    'The file of a `${file:PATH}` cannot be read. The path is relative to the folder of the config; the file holds UTF-8 text, 1 MB at most.',
  'config/include':
    '`include` names no file, or an included file holds what belongs into the config itself. Included files may hold `sources`, `sinks`, `pipelines` and `x-…` keys.',
  'config/key': 'A key of a map is itself a map, a list or an alias. Keys are plain names.',
  'config/limit':
    'The value has the right type, but lies outside what the option allows: too small, too large, too short, or empty.',
  'config/listen':
    'The API of `syncline daemon` would listen where other machines reach it, and no token is configured. Set `daemon.token`, or let it listen on loopback: `127.0.0.1:7433`.',
  'config/merge':
    'A merge strategy lacks what it needs: a sink with a ledger for `keep_edits` and `sum`, an incremental stream for `sum`, a file whose default export is a function for one of your own, `max` for the column that `newest` goes by.',
  'config/merge_key':
    '`<<` merges other maps into this one, and was given something that is no map. Write `<<: *name`, where `&name` marks a map.',
  'config/mode':
    'Two things do not go together: the sink cannot write that mode, or an option belongs to another one. `merge` belongs to `upsert` and `mirror`, `replace_within` to `upsert`, `deletes` to what deletes rows, `deleted_when` of a stream to `upsert` and `mirror`; a mirror of an incremental stream needs `full_every`; `replace_within` needs `each` and a column of the primary key that is mapped from `$record`, or a stream with a parent and one mapped from `$parent`. `lookback`, `full_every` and `on_missing: include` read records again, which `append` and `sum` would count again.',
  'config/multiple_documents':
    'A config is one YAML document, and a line `---` begins a second one. Remove that line, or move the second part into a file named under `include`.',
  'config/name':
    'Names of sources, sinks, streams and pipelines have letters, digits, "_" and "-", begin with a letter or digit, and are not only a number. A dot would be taken for the one in `source.stream`.',
  'config/not_a_map':
    'The config as a whole is a list or a single value. It is a map: `version: 1`, then `sources`, `sinks` and `pipelines`. A colon needs a space after it.',
  'config/not_found':
    'No config was found: neither `sync.config.yaml`, `.yml` or `.json` nor `.config/sync.config.yaml` is in the folder or one above it, or the file that was named does not exist.',
  'config/not_text':
    'The config is not UTF-8 text: it may be a binary file, or saved in another encoding such as UTF-16. Save it as UTF-8.',
  'config/number':
    '`.inf` and `.nan` are numbers in YAML, and no source or sink can take them. Text of that form needs quotes.',
  'config/path':
    'A path cannot be understood. It is a chain of names, `address.city` or `tags.0`; a name with a dot is quoted: `["a.b"]`. It may begin with `$`, `$record`, `$parent`, `$partition.NAME`, `$run.id` or `$now`.',
  'config/pattern': 'The text is not of the form that the option asks for. The help says which form that is.',
  'config/primary_key':
    "The modes `upsert`, `mirror` and `snapshot` look rows up by their primary key, and this pipeline has none: name its columns in `primary_key`, map the stream's own key, or choose `mode: append`. A column of type json is no key: one object has many texts.",
  'config/reference':
    '`from` names `source.stream`, `to` names `sink.target`, a placeholder such as `{contacts.id}` names a stream of the same source, and there is nothing of that name in the config; or `$parent` or `$partition` is read where there is none. Names are written as they are declared, case included.',
  'config/required': 'An option is missing that has no default. The help shows how it may look.',
  'config/schedule':
    'A schedule cannot be understood, never comes, or says two things at once. It is a cron expression with 5 or 6 fields, a name such as `@hourly`, or `{ every: 30m }`; a `timezone` belongs to `cron`.',
  'config/secret':
    'A secret is written out in the config, and configs get shared. Put it into the environment or into `.env`, and write `${NAME}` in its place.',
  'config/syntax':
    'The file is not YAML. The first mistake is shown: a quote or bracket never closed, a tab, or a line whose indentation does not fit are the usual ones. What follows from it is left out.',
  'config/tag':
    'A word that begins with `!` is a YAML tag, and the config uses none. Remove it, or put the text in quotes.',
  'config/target':
    'Two pipelines write the same target and cannot both: one replaces all that is there or deletes what its source does not have, or they declare different types for a column. A target that holds the log takes no rows of pipelines.',
  'config/too_deep':
    'The config is nested hundreds of levels deep, which no config needs. A bracket is never closed, or the file was not made by hand.',
  'config/too_large':
    'The file has more than a megabyte. Check that it is the config; a large one can be split with `include`.',
  'config/type':
    'The value has another type than the option asks for: text where a number belongs, a list where a map belongs, or nothing at all.',
  'config/unknown_key':
    'The option does not exist here. It may be misspelt, indented too far or not far enough, or belong to another plugin.',
  'config/unquoted':
    'A value means something in YAML and needs quotes: it begins with `*`, `@`, `&`, `!`, `%` or a backtick, or has braces inside `{ … }` or `[ … ]`, as `${TOKEN}` does.',
  'config/unreadable':
    'The config or its environment file exists and cannot be read. Check that it is a file, and your permissions.',
  'config/unset_variable':
    'A `${NAME}` has no value. Set it in the environment or in `.env` beside the config, or write a default: `${NAME:-default}`. All that are missing are shown at once.',
  'config/value':
    'A constant of the config (`value` or `default`) does not fit the type of its column. Change the constant or the `type`.',
  'config/variable_syntax':
    'A `${…}` cannot be understood. The forms are `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `${file:PATH}`; `$${` stands for the text `${`.',
} as const;
