/** The config of the suite: the rows of a file, mapped and typed, upserted by key into a sink. */
export const benchConfig = (
  file: string,
  sink: string,
  more = '',
  { target = 'rows', keep = '14d' }: { readonly target?: string; readonly keep?: string } = {},
) => `version: 1
journal: { keep: ${keep} }
sources: { in: { type: file, streams: { rows: ${file} } } }
sinks: { db: ${sink} }
pipelines:
  rows:
    from: in.rows
    to: db.${target}
    primary_key: id
    map:
      id: { from: id, type: integer }
      email: email
      name: name
      amount: { from: amount, type: number }
      active: { from: active, type: boolean }
      updated_at: { from: updated_at, type: timestamp }
      note: note
${more}`;
