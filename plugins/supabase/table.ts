import { type Column, type ColumnType, SyncError, type Target, type Value } from 'syncline';

/** A table as the API describes it. */
export interface Table {
  /** By name; none where the API does not tell. */
  readonly columns: ReadonlyMap<string, StoredColumn>;
}

export interface StoredColumn extends Column {
  /** As the database declares it: `timestamp without time zone`. */
  readonly declared: string;
  /** Null is refused, so that an upsert must hold it even where it changes something else. */
  readonly required: boolean;
}

/** What the values of a declared type are taken for. Everything else is text. */
const types: { readonly [declared: string]: ColumnType } = {
  bigint: 'integer',
  integer: 'integer',
  smallint: 'integer',
  'double precision': 'number',
  real: 'number',
  numeric: 'decimal',
  boolean: 'boolean',
  'timestamp with time zone': 'timestamp',
  'timestamp without time zone': 'timestamp',
  date: 'date',
  jsonb: 'json',
  json: 'json',
};

/** How a column is declared that holds the values of a type. */
const declarations: { readonly [type in ColumnType]: string } = {
  string: 'text',
  integer: 'bigint',
  number: 'double precision',
  decimal: 'numeric',
  boolean: 'boolean',
  timestamp: 'timestamptz',
  date: 'date',
  json: 'jsonb',
};

/** The types of columns that give a value back as it came, besides its own. */
const holding: { readonly [type in ColumnType]: readonly ColumnType[] } = {
  string: ['json'],
  integer: ['decimal', 'string', 'json'],
  number: ['decimal', 'string', 'json'],
  decimal: ['string', 'json'],
  boolean: ['string', 'json'],
  timestamp: ['string', 'json'],
  date: ['string', 'json'],
  json: ['string'],
};

interface Definition {
  readonly required?: readonly string[];
  readonly properties?: { readonly [column: string]: { readonly format?: string; readonly type?: string } };
}

/** The tables that an OpenAPI document of PostgREST describes. */
export function tablesOf(document: Value): ReadonlyMap<string, Table> {
  const { definitions = {} } = document as {
    readonly definitions?: { readonly [table: string]: Definition };
  };
  return new Map(
    Object.entries(definitions).map(([name, { properties = {}, required = [] }]) => {
      const columns = Object.entries(properties).map(([column, { format = '', type }]): StoredColumn => {
        const declared = format.replace(/\([0-9, ]+\)/, '');
        return {
          name: column,
          type: type === 'array' ? 'json' : (types[declared] ?? 'string'),
          declared,
          required: required.includes(column),
        };
      });
      return [name, { columns: new Map(columns.map((column) => [column.name, column])) }];
    }),
  );
}

/** The columns that are written, with those that tell the run. */
export function columnsOf({ columns, stamps }: Target): readonly Column[] {
  return [
    ...columns,
    ...(stamps.run_id === undefined ? [] : [{ name: stamps.run_id, type: 'string' } as const]),
    ...(stamps.synced_at === undefined ? [] : [{ name: stamps.synced_at, type: 'timestamp' } as const]),
  ];
}

/** Throws where rows of the target do not go into the table, before any is written. */
export function checkColumns(target: Target, { columns }: Table): void {
  if (columns.size === 0) return;
  const wanted = columnsOf(target);
  const missing = wanted.filter(({ name }) => !columns.has(name));
  if (missing.length > 0) throw missingColumns(target, missing);
  for (const { name, type } of wanted) {
    const column = columns.get(name);
    if (column === undefined || column.type === type || holding[type].includes(column.type)) continue;
    throw new SyncError(
      'schema/type',
      `column "${name}" of table "${target.name}" is of type ${column.declared}, which would change values of type ${type}`,
      { hint: `Make it ${declarations[type]}, or declare another \`type\` in \`map\`.` },
    );
  }
}

function missingColumns({ name }: Target, missing: readonly Column[]): SyncError {
  const names = missing.map((column) => `"${column.name}"`).join(', ');
  const additions = missing.map((column) => `ADD COLUMN ${declarationOf(column)}`);
  return new SyncError('sink/column_missing', `table "${name}" has no column ${names}`, {
    hint: `Add it, or leave the field out with \`map\`: ALTER TABLE ${quote(name)} ${additions.join(', ')}; ${reload}`,
  });
}

/** `reason` is what the API said of it. */
export function missingTable(target: Target, reason: string): SyncError {
  const columns = columnsOf(target).map(declarationOf);
  const key = target.primary_key.map((place) => quote(target.columns[place]?.name ?? ''));
  const constraint = key.length === 0 ? [] : [`PRIMARY KEY (${key.join(', ')})`];
  const sql = `CREATE TABLE ${quote(target.name)} (${[...columns, ...constraint].join(', ')});`;
  return new SyncError('sink/table_missing', `table "${target.name}" is not there (${reason})`, {
    hint: `Create it: ${sql} ${reload}`,
  });
}

/** The API knows a new table or column once it is told. */
const reload = "NOTIFY pgrst, 'reload schema';";

function declarationOf({ name, type }: Column): string {
  return `${quote(name)} ${declarations[type]}`;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
