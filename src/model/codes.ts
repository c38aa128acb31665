import { configCodes } from './config-codes.ts';
import { httpCodes } from './http-codes.ts';

/**
 * Every error code, with what `syncline explain CODE` says of it: what it means, why it is an error, what to do.
 * Codes are stable once released. The part before the slash says who finds it.
 */
export const errorCodes = {
  'api/key_reused':
    'A request to the API of `syncline daemon` carries an `Idempotency-Key` that another request had in the last 24 hours, which asked for something else. Nothing was started. Each request takes a key of its own; only when the same request is sent again it keeps its key.',
  'api/origin':
    'A request to the API of `syncline daemon` has a `Host` that is not the address it listens on, or comes from a web page of another origin. Browsers are kept out: use the address that the daemon printed.',
  'api/request':
    'A request to the API of `syncline daemon` was not understood: its body is not JSON, is larger than 1 MB, or has a key or a value that its route does not take; or something in its address or headers is not of the form it should be. The message names it; `GET /api/v1/openapi.json` tells what each route takes.',
  'api/route':
    'The API of `syncline daemon` has no such route. A path has `/api/v1` in front; names in it are percent-encoded.',
  'api/token':
    'A request to the API of `syncline daemon` did not carry its token. It goes into the header `Authorization: Bearer TOKEN`, never into the address; the daemon prints where it keeps the token.',
  ...configCodes,
  'daemon/answer':
    'What answers at the address of a daemon is not its API: another program has the address, something in front of the daemon asks for a login, or a daemon of another version tells an error that this one does not know. Try the address with `GET /healthz`, and use the same version at both ends.',
  'daemon/listen':
    'The address of `daemon.listen` cannot be used: another program has the port, often a second daemon, or the machine has no such address.',
  'daemon/stopping':
    'The daemon is being stopped: batches under way are committed, and no run is started any more. Ask again when it is back.',
  'daemon/token':
    'The file in which the daemon keeps the token of its API cannot be read or made, or others than its owner can read it. Remove it for a new one, or set `daemon.token`. Or `syncline top` was given no token, or a file that holds none.',
  'daemon/unreachable':
    'No daemon answers at that address: it does not run, is being started again, or the network is down. What was only looked at is asked for again by itself. Where the connection was lost after something was asked for, that may have been done: look at the runs first.',
  'export/schedule':
    'A schedule says what cron, systemd or GitHub Actions cannot say, or the config has none. Nothing was written. Change the schedule, choose another of the three, or run `syncline daemon`, which knows them all.',
  'guard/deletes':
    'A complete read did not contain many rows that the target has, and mode `mirror` or `replace` would have deleted them: more than `deletes.max`, and more than 5. None was deleted. Make sure that the source is whole; if they are to go, run with `--allow-delete`, whose number the message tells.',
  'guard/empty':
    'The source returned no row, and mode `replace` or `mirror` would have emptied a target that has some. Nothing was changed. Look at the source first; if the target is to be emptied, run with `--allow-empty`.',
  ...httpCodes,
  'internal/bug':
    'Something Syncline did not foresee went wrong in it or in a plugin. The crash report that was named tells where; please report it.',
  'lease/held':
    'Another run holds the pipeline: its process, and since when, are named. One pipeline has one run at a time; the others of this run went on. Wait for it, or stop it.',
  'lease/lost':
    'Another run took this pipeline over, because this one seemed dead: it slept, was stopped, or could not reach the state. Nothing was written since. The other run goes on from the last committed batch.',
  'ledger/newer':
    'The ledger beside the target tables was written by a newer version of Syncline, and this one does not know its form. Nothing was changed. Use that version.',
  'log/unreadable':
    'The folder with the log, or a file in it, cannot be read: it belongs to somebody else, or it is no folder. `logs.dir` names it, else it is `.syncline/logs` beside the config.',
  'merge/function':
    'A merge function of your own threw, or returned what does not fit the column. Nothing of the batch was written. Correct the function; it must return its value at once, of the type of the column.',
  'merge/overflow':
    'A sum is too large for the type of its column. Nothing of the batch was written. A `decimal` holds any; declare it under `map` and read the stream into a new column or table.',
  'merge/type':
    'A merge strategy cannot work on the type of its column: `union` needs json, `bool_or` and `bool_and` need boolean, `max`, `min` and the field of `newest` need anything but json. Declare the `type` under `map`, or choose another strategy.',
  'notify/command':
    'The command of a notification could not be started, failed, or took longer than its `timeout` and was ended. It gets a JSON document on its standard input, and must end with exit code 0.',
  'output/failed':
    'The standard output or the standard error could not be written: the disk it is redirected to is full, or the device is gone. The work itself was done; its report is not whole.',
  'plan/config':
    'The plan was made with another config, or with other values of its variables. Nothing was written: make a new plan, look at it, and run that.',
  'plan/failed':
    'A pipeline did not end well in the plan, so there is no plan to save. Mend what the message names, or leave the pipeline out.',
  'plan/file':
    'The file of the plan cannot be read or written, or is no whole plan. `syncline plan --out FILE` makes one.',
  'plan/moved':
    'Since the plan was made, rows it rests on were changed, or the pipeline ran. Nothing was written: make a new plan, look at it, and run that.',
  'plan/sink':
    'A plan can be saved for sinks that know what they hold, such as libSQL and PostgreSQL. Leave the pipelines out that write elsewhere, or run them without a plan.',
  'plugin/exit':
    'A plugin or a merge function ended the whole process, and with it all pipelines. What was committed stays. It has to throw an error in its place.',
  'plugin/failed':
    'A plugin that is not built in threw an error while it worked. The pipelines that use it failed, the others ran on. The crash report that was named has its stack; correct the plugin. An error made with `SyncError` is told with its own code and hint.',
  'plugin/invalid':
    'A plugin was found, but what it exports is not a source or sink. It exports `source` or `sink`, made with `defineSource` or `defineSink` from "syncline"; its options are a JSON Schema.',
  'plugin/kind':
    'A plugin that only reads was named as a sink, or one that only writes as a source. `syncline plugins list` tells which can do what.',
  'plugin/load':
    'The module of a plugin or of a merge function could not be loaded: it has a syntax error, imports what is not installed, or throws when it is loaded.',
  'plugin/missing':
    '`type` names a file that does not exist. The path is relative to the folder of the config.',
  'plugin/stalled':
    'Nothing was left that could happen, and a plugin or a module still waited: for a promise that nobody settles. The process was ended; what was committed stays. Correct the plugin.',
  'reject/too_many':
    'More rows were rejected than the pipeline allows with `rejects.max` (5 % unless it says otherwise). That is more often a changed source than bad rows. Batches committed before stay; `syncline rejects show` has the reasons.',
  'row/check':
    "A value broke the column's rule under `checks`. The row was kept as a reject; a missing value is judged as null.",
  'row/constraint':
    'The target refused the row: a constraint (NOT NULL, UNIQUE, CHECK, a foreign key), a trigger, or a column whose type the value does not fit; the reason names it. The row was kept as a reject, and the others of its batch were written. Correct the row in the source or the mapping, or the constraint, then `syncline rejects retry`.',
  'row/depth':
    'A json value is nested deeper than 500 levels. The row was kept as a reject. Map the part of it that is needed.',
  'row/each':
    'What `each` points to is not an array, or holds an element that has no fields. The record was kept as a reject. Correct the path, or the source.',
  'row/expression':
    'A CEL expression failed for this record, often because a value was null. The row was kept as a reject. `coalesce(record.a, 0)` stands in for a missing value.',
  'row/key':
    'A field of the primary key is missing or null, or is an array or object, which has many texts, so the row has no identity. It was kept as a reject. Correct the mapping or the source, or choose another key.',
  'row/text':
    'A text holds a NUL character or half of a surrogate pair, which databases cut off or replace in silence. The row was kept as a reject. Clean the text in the source.',
  'row/type':
    'A value does not fit its column, or is none at all, such as a function. The row was kept as a reject. Change the mapping (`type`, `on_error`, an `expr`) or the source.',
  'schema/case':
    'Two columns or tables have names that differ only in case, which many databases take for one. Rename a column with `map`; write a table in `to` as the database has it.',
  'schema/collation':
    'A key column of the table is unique under a collation such as NOCASE, for which `a` and `A` are one key; Syncline keeps them apart, so the second could not be inserted. Make the table anew without the collation, or write to another one.',
  'schema/key':
    'The `primary_key` of a pipeline was changed, and its target was filled by the one before. Merged by another key, other rows would count as the same. Nothing was written. Write to another target, or remove this one and run with `--all`; where you gave the table the new key yourself, `syncline state reset` forgets the old one.',
  'schema/limit':
    'A table would get more columns than its database allows. Name the fields that are needed with `map`, or keep a record whole in one json column.',
  'schema/name':
    'A table or column has a name no database can keep, or one that is not for targets (`_syncline_…`, `sqlite_…`). Rename it.',
  'schema/new_column':
    'The source brought a field that the target has no column for, and `schema_contract: freeze` forbids new columns. Map it, leave it out with `map`, or use `evolve`.',
  'schema/target':
    'The target is there, but cannot be written: it is a view, a column is generated by the database, its schema is not exposed, or rows cannot be merged for want of a unique key. Write to a table that has one, and leave generated columns out with `map`.',
  'schema/type':
    'A column that is already in the table is declared with a type that would change the values written to it. Nothing was written. Change the declaration, the `type`, or the name of the column.',
  'schema/type_changed':
    'A column without a declared `type` got a value that does not fit the type it has. Declare the `type` in `map`; where a table was made with a narrower one, `--accept-schema` makes the column wider, once, keeping what it holds; a column of the primary key stays as it is.',
  'sink/column_missing':
    'A table has no column of that name, and its sink cannot add one. Nothing of the batch was written. Add the column, as the message shows, or leave the field out with `map`.',
  'sink/duplicate_key':
    'Several rows of the target have the same primary key, so it is unknown which one a new row is to be merged into. Nothing was written. Remove all but one, or choose a key that tells them apart.',
  'sink/path':
    "The name of a target leads out of the sink's folder: by `..`, an absolute path or a link. The part of `to` after the dot names a file inside `dir`.",
  'sink/table_missing':
    'The table of a target is not there, and its sink cannot make one. Nothing was written. Create it, as the message shows, or correct `to`.',
  'sink/target_gone':
    'Rows were written to a target that is now missing or empty, and the cursor is past them: going on would leave a hole. Nothing was written. Read everything again with `--all`, or forget the checkpoint with `syncline state reset`.',
  'sink/write_failed':
    'A sink could not write: the disk is full, a permission is missing, or the device is gone. What was there before is as it was. Remove the cause and run again.',
  'source/blob':
    'A column holds a blob, and only text and numbers can be read. Use a `query` that leaves the column out or turns it into text, such as `hex(column)`.',
  'source/cursor_column':
    'The `cursor_field` of a stream is not a column of the table or query it reads. Name one as it is spelled there; a value inside a column becomes one of its own with a `query`.',
  'source/cursor_missing':
    'A record has no value in its cursor field, so it is unknown whether it is new. It was not passed over: the stream stopped there. Say with `on_missing` whether such records are left out (`exclude`) or read in every run (`include`), or correct the source.',
  'source/cursor_type':
    'Values of a cursor field cannot be compared: they are neither numbers, timestamps nor text, changed from one to another (`10` and `"10"`, with and without a zone), are numbers written as text of different length, or do not fit `initial`, `lookback`, `--from` or `--to`. Nothing was passed over. Correct the source or the option; after a change for good, read everything with `--all`.',
  'source/encoding':
    'A file holds bytes that its encoding has no character for, or `encoding` is not the name of one. Nothing is guessed or replaced: set `encoding` to what the file is written in.',
  'source/expression':
    'An expression in `stop_when` or `rules` failed for an answer, or could not be told true or false. It sees `body`, `status` and `headers`; a missing key reads as null, and null cannot be counted with: use `coalesce`.',
  'source/file_changed':
    'A file was changed or replaced while it was read, so what was read may be half old, half new. Run again when its writer is done; one that renames the finished file into place avoids this.',
  'source/file_missing':
    "No file is there under the stream's `path`. Relative paths start at the folder of the config; a pattern passes over names that begin with a dot or end in `.tmp`.",
  'source/file_unreadable':
    'What `path` names is there and cannot be read: a folder, a device, or a file this user may not open.',
  'source/format':
    'The name of a file does not tell how it is written. Set `format` of the stream to json, jsonl, csv or tsv.',
  'source/gzip':
    'A gzip file is damaged or was cut off, so its end is unknown. Have it written or copied again; `gzip -t FILE` tells whether it is whole.',
  'source/malformed':
    'A file is not what its format says, or was cut off. The message names the file and, where it can, the line. Have the file written again, or set `format` to what it is.',
  'source/missing_column':
    'A mapping reads a column by its name, and the file or table has no such column: it was renamed, removed, or misspelt. Nothing of this read was written. Correct the mapping, or give the field a `default`.',
  'source/no_header':
    'A csv or tsv file has no header row: it is empty, or its lines do not end in LF or CRLF; or a sheet is empty. The first line names the columns.',
  'source/not_sorted':
    'A stream is read with `order: ascending`, and a record came whose cursor is below the one before. An interrupted read would go on past records it never had, so it stopped there. Sort the source by the field, or set `order: none`.',
  'source/option':
    'An option of a stream does not go with the format of its file, or has a value that cannot work. Remove the option, or set `format`.',
  'source/page_limit':
    'A read reached `max_pages` or `max_rows`, and more may follow that the server would not give. Nothing is taken for complete. Ask for less at once: a shorter window with `step`, or a stream for each part with `partitions`.',
  'source/pagination':
    'An answer says that there are more pages, and not in the way that `pagination` says: what it names is missing or is no URL, or `auto` does not know how to ask on. Declare how the API tells its next page.',
  'source/pagination_loop':
    'A server gave the same next page twice, or the same records on two pages one after the other, so a read would never end or doubles them. It stopped there. Check `param`: a server that does not know it answers with the first page each time; say with `stop_when` what tells the last page.',
  'source/parent_size':
    'What a stream has for one record of its parent takes more memory than a batch may, and `replace_within` can only tell what is gone when it sees all of it at once. Nothing of it was written. Leave `replace_within` out, or use `mode: mirror`.',
  'source/parent_value':
    'A stream is read once for each record of its parent, and a record of the parent lacks the value that a placeholder such as `{contacts.id}` stands for. Correct the path, or say with `parents: { on_missing: exclude }` that such records have nothing to read.',
  'source/position_lost':
    'A read was interrupted and cannot go on where it stopped, because the source is no longer as it was: a file was changed, removed or added, the rows of a table may have been renumbered, or the records it is read for are others. Where rows are merged, the stream is read again from the start; where each must come exactly once, nothing was read: choose `--all`, or forget the checkpoint with `syncline state reset`.',
  'source/query':
    'The query of a stream cannot be read: it is not a single SELECT, has a mistake, or returns two columns of one name. A stream has either `table` or `query`.',
  'source/ragged_row':
    'A row of a csv or tsv file has more or fewer cells than the header, so it is unknown which cell belongs to which column. Quote cells that hold the delimiter, a quote or a line end; check `delimiter`.',
  'source/record_too_long':
    'A single record of a file is longer than 64 MB. Most often a quote is never closed, or the file has another format than was said.',
  'source/records':
    'The array of records is not where `records` says. An absent array is an error, because a wrong path would look like an empty source; null there is an empty source. Nor is an answer one that holds an error in the place of records.',
  'source/rule':
    'A rule in `rules` with `then: fail` matched an answer. The message is the one that the rule gives, where it has one.',
  'source/sync_token':
    'A complete read by sync tokens ended without a token for the next one, so the next run would not know what changed. Check `sync_token.path`, and whether the API wants to be asked for a token.',
  'source/table_missing':
    'The database has no table or view of that name, or the spreadsheet no such sheet. The message lists those it has; names are case-sensitive here.',
  'source/token_expired':
    'A source does not accept the sync token of the last read any more. A run then reads everything once, and deletes what that did not contain; the old token is kept until all of that is done. Where this is told as an error, the source refused to read everything as well.',
  'source/too_many_ties':
    'Records must not be taken twice here, so those that share the latest cursor value are remembered, and these are more than 10,000. Use a finer cursor field, or `mode: upsert` with a `primary_key`, which needs no memory.',
  'sql/connect':
    'A database server cannot be used: it is not there or does not answer, refuses the login, lacks the database, or its encryption is not what `sslmode` asks for. Nothing was read or written. Correct the `url`, or start the server.',
  'sql/connection_lost':
    'A database server ended the connection: it was stopped, or the network failed. The batch under way was rolled back, or the ledger told that it had landed. Run again.',
  'sql/constraint':
    'The database refused a row for one of its own rules: NOT NULL, UNIQUE, CHECK or a foreign key. Nothing of the batch was written, because it is not known which row it was, or it cannot be left out. Correct the row in the source or the mapping, or the rule.',
  'sql/corrupt':
    'The file is not a database, or is damaged. It was left as it is. Keep a copy aside and restore it from a backup, or name another file.',
  'sql/denied':
    'The user of a database lacks a permission, which the message names. Nothing of the batch was written. Grant it, or log in as another user.',
  'sql/failed':
    'The database refused a statement, for the reason the message gives. What was under way was rolled back.',
  'sql/full':
    'There is no room left on the disk of the database. The batch was rolled back. Make room, then run again.',
  'sql/locked':
    'Another program held a lock in the database for longer than we wait. Nothing was written. Find what has it open, close it, then run again.',
  'sql/open':
    'The database file cannot be opened: the path leads to a folder, or to a place that cannot be read or made.',
  'sql/outcome':
    'The database failed while a batch was committed, and could not be read afterwards, so it is not known whether the batch landed. The next run reads it from the ledger and goes on from there: nothing is lost or doubled.',
  'sql/readonly':
    'The database cannot be written: the permissions of its file, its folder or its disk forbid it, it was opened for reading only, or it is a replica.',
  'sql/url':
    'The URL of a database cannot be understood. It reads `postgresql://user:password@host:5432/database`, with characters that have a meaning in it percent-encoded.',
  'sql/value':
    'A value cannot be stored as it is: a text with a NUL or half a surrogate pair, an integer outside 64 bits, a number that is not finite, or one that is too long for its column. Nothing of the batch was written.',
  'state/changed':
    'What a cursor depends on (the source, its options, the filter, the cursor field, the mode, the key) was changed since the checkpoint was made, so it may point past records that were never read. Nothing was read. Read everything again with `--all`, or forget the checkpoint with `syncline state reset`.',
  'state/document':
    'A document of checkpoints, as `syncline state export` writes it, is not of that form, or names pipelines or targets that this config does not have. Nothing was written.',
  'state/emptied':
    'The file of the state was emptied, while its log beside it still holds something. Nothing was changed, because SQLite would take it for a new database and throw the log away. Restore the state from a backup, or move both files aside.',
  'state/exists':
    'A checkpoint cannot take a name that has one already. Nothing was written. Forget the one there first: `syncline state reset PIPELINE`.',
  'state/key':
    'What a source or sink keeps in the state, such as its tokens, was sealed with `SYNCLINE_KEY`, and that variable is not set now, or is another one. Nothing was changed. Set the key it was sealed with; where that is lost, `syncline auth NAME --forget` removes what cannot be read any more.',
  'state/lost':
    'The target of a pipeline that appends is there, its sink keeps no ledger, and the state does not know how far it was filled: reading from the beginning would add rows again. The hint lists the ways on.',
  'state/newer':
    'The state file was written by a newer version of Syncline, and this one does not know its form. Nothing was changed. Use that version, or name another file with `state:`.',
  'state/no_checkpoint':
    'No checkpoint is kept under that name beside the target of the pipeline. `syncline state list` shows those there are.',
  'undo/edited':
    'Rows that the run wrote were changed since, by a person or another program; the message names them. Undoing would lose these changes, so nothing was undone. Look at them, then add `--force` to take them back as well.',
  'undo/not_newest':
    'Later runs wrote to the same target, on top of what this run did. Runs are undone one after the other, the newest first; the message names those that came after.',
  'undo/unknown':
    'No journal holds what this run changed: it changed nothing in a SQL sink, it was undone, it is older than `journal.keep`, or larger than `journal.max`. `syncline runs` shows which runs can be undone.',
  'usage/elsewhere':
    'A daemon is asked by its API, which has no rows, rejects, plans and logs. Type the command that the hint names on the machine with the config, or `syncline` there.',
  'usage/insecure_url':
    'The token of a daemon would go to another machine over `http`, where all on the way can read it, and with it start and undo runs. Nothing was sent. Tunnel the connection, have something in front of the daemon speak `https`, or say `--insecure` where the network is trusted.',
  'usage/invalid':
    'The command line was not understood. Nothing was run. `syncline COMMAND --help` shows its flags.',
  'usage/limited_replace':
    '`--max-records`, `--from`, `--to`, `--last` and `rejects retry` read a part of a stream, and mode `replace` makes the target what was read: together they would throw rows away. Nothing was run.',
  'usage/no_cursor':
    '`--from`, `--to`, `--last` and `--rollback` go by the cursor of a stream, and this one is not incremental. Nothing was run. Declare `incremental`, or run without them: all of it is read.',
  'usage/no_screen':
    '`--ui tui` asks for a screen where none can be shown: the standard streams are not all terminals, `TERM` is dumb, `CI` is set, or the run itself writes to the terminal. Nothing was run. Without the flag such a run is told in lines.',
  'usage/plugin_name':
    'A plugin cannot be called that: a name begins with a small letter and goes on with these, digits, `_` and `-`.',
  'usage/read_again':
    'The flags read records again, and the pipeline would count them again: `append` adds rows, `sum` adds values. Nothing was run. `--yes` lets `append` do it; what is summed begins anew with an empty target and `syncline state reset`.',
  'usage/run_ended':
    'The run has ended, so there is nothing to cancel. `syncline show` tells what it did, and `syncline undo` takes it back.',
  'usage/unknown_code': 'There is no such error code. `syncline explain` without a code lists all of them.',
  'usage/unknown_partition':
    'The stream of the pipeline has no partition with that value, or none at all. The message lists those it has.',
  'usage/unknown_pipeline':
    'A pipeline was named that the config does not have. Nothing was run. `syncline config show` lists them.',
  'usage/unknown_plugin': 'There is no built-in plugin of that name. `syncline plugins list` lists them.',
  'usage/unknown_run':
    'The state remembers no run of that id. `syncline runs` lists those it remembers; `syncline history clear` and time make it forget.',
  'usage/unknown_source':
    'A source or sink was named that the config does not have. Nothing was checked. `syncline config show` lists them.',
  'usage/unwritable':
    'The file that was to be written cannot be: its folder cannot be made, a permission is missing, or the disk is full. Name another.',
} as const;

export type ErrorCode = keyof typeof errorCodes;
