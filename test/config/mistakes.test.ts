import { describe, expect, test } from 'vitest';
import { diagnose, makeFolder, reportOf } from './folder.ts';

/** What a person reads, word for word. Judge every change here as that person. */
describe('what a person reads about', () => {
  test('an empty file', async () => {
    expect(
      await reportOf(`# later
`),
    ).toMatchInlineSnapshot(`
      "error: the config is empty, or holds only comments  [config/empty]
        → sync.config.yaml:1:1
         help: The smallest config:
           version: 1
           sources:
             export: { type: file, streams: { campaigns: data/campaigns.json } }
           sinks:
             db: { type: libsql, url: "file:data/sync.db" }
           pipelines:
             campaigns: { from: export.campaigns, to: db.campaigns, primary_key: id }

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/empty
      "
    `);
  });

  test('a second document', async () => {
    expect(
      await reportOf(`version: 1
---
sources: {}
`),
    ).toMatchInlineSnapshot(`
      "error: a second YAML document begins here  [config/multiple_documents]
        → sync.config.yaml:2:1
       1 │ version: 1
       2 │ ---
         │ ^^^
         help: Remove this line, or move what follows into a file of its own and name it under \`include\`.

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/multiple_documents
      "
    `);
  });

  test('a tab', async () => {
    expect(
      await reportOf(`sources:
  crm:
	type: file
`),
    ).toMatchInlineSnapshot(`
      "error: this line is indented with a tab, which YAML forbids  [config/syntax]
        → sync.config.yaml:3:1
       2 │   crm:
       3 │     type: file
         │ ^^^^
         help: Use spaces, two for each level.

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
      "
    `);
  });

  test('a duplicate key', async () => {
    expect(
      await reportOf(`sources:
  crm: { type: file }
  erp: { type: file }
  crm: { type: libsql }
`),
    ).toMatchInlineSnapshot(`
      "error sources.crm: "crm" is written twice  [config/duplicate_key]
        → sync.config.yaml:4:3
       3 │   erp: { type: file }
       4 │   crm: { type: libsql }
         │   ^^^
        it is already here → sync.config.yaml:2:3
       1 │ sources:
       2 │   crm: { type: file }
         │   ^^^
         help: Remove one of the two, or give it another name.

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/duplicate_key
      "
    `);
  });

  test('a glob without quotes', async () => {
    expect(
      await reportOf(`sources:
  files:
    streams: { campaigns: *.csv, contacts: data/*.json }
`),
    ).toMatchInlineSnapshot(`
      "error sources.files.streams.campaigns: *.csv begins with \`*\`, which in YAML stands for an alias  [config/unquoted]
        → sync.config.yaml:3:27
       2 │   files:
       3 │     streams: { campaigns: *.csv, contacts: data/*.json }
         │                           ^^^^^
         help: Put it in quotes: campaigns: "*.csv"

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/unquoted
      "
    `);
  });

  test('a cron line without quotes', async () => {
    expect(
      await reportOf(`pipelines:
  nightly:
    schedule: */30 0,12 * * * # twice a day
`),
    ).toMatchInlineSnapshot(`
      "error pipelines.nightly.schedule: */30 0,12 * * * begins with \`*\`, which in YAML stands for an alias  [config/unquoted]
        → sync.config.yaml:3:15
       2 │   nightly:
       3 │     schedule: */30 0,12 * * * # twice a day
         │               ^^^^^^^^^^^^^^^
         help: Put it in quotes: schedule: "*/30 0,12 * * *"

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/unquoted
      "
    `);
  });

  test('@daily without quotes', async () => {
    expect(
      await reportOf(`pipelines:
  nightly: { schedule: @daily, tags: [a] }
`),
    ).toMatchInlineSnapshot(`
      "error pipelines.nightly.schedule: @daily begins with \`@\`, which YAML reserves  [config/unquoted]
        → sync.config.yaml:2:24
       1 │ pipelines:
       2 │   nightly: { schedule: @daily, tags: [a] }
         │                        ^^^^^^
         help: Put it in quotes: schedule: "@daily"

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/unquoted
      "
    `);
  });

  test("a variable without quotes in a flow map, one error instead of the parser's 191", async () => {
    expect(
      await reportOf(`sources:
  crm:
    auth: { type: bearer, token: \${CRM_TOKEN} }
${'  s: { type: file }\n'.repeat(60)}`),
    ).toMatchInlineSnapshot(`
      "error sources.crm.auth.token: \${CRM_TOKEN} has braces, which YAML takes for its own here  [config/unquoted]
        → sync.config.yaml:3:34
       2 │   crm:
       3 │     auth: { type: bearer, token: \${CRM_TOKEN} }
         │                                  ^^^^^^^^^^^^
         help: Put it in quotes: token: "\${CRM_TOKEN}"

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/unquoted
      "
    `);
  });

  test('a path with a placeholder in a flow map', async () => {
    expect(
      await reportOf(`streams:
  notes: { path: /contacts/{id}/notes, records: items }
`),
    ).toMatchInlineSnapshot(`
      "error streams.notes.path: /contacts/{id}/notes has braces, which YAML takes for its own here  [config/unquoted]
        → sync.config.yaml:2:18
       1 │ streams:
       2 │   notes: { path: /contacts/{id}/notes, records: items }
         │                  ^^^^^^^^^^^^^^^^^^^^
         help: Put it in quotes: path: "/contacts/{id}/notes"

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/unquoted
      "
    `);
  });

  test('a quote never closed', async () => {
    expect(
      await reportOf(`sources:
  crm:
    url: "https://example.com
    type: file
sinks: {}
`),
    ).toMatchInlineSnapshot(`
      "error sources.crm.url: this quote is never closed  [config/syntax]
        → sync.config.yaml:3:10
       2 │   crm:
       3 │     url: "https://example.com
         │          ^^^^^^^^^^^^^^^^^^^^
         help: Close it with " on the same line. For a " inside it, write \\"

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
      "
    `);
  });

  test('an apostrophe inside single quotes', async () => {
    expect(
      await reportOf(`note: 'it's late'
`),
    ).toMatchInlineSnapshot(`
      "error note: the text ends at the second ', and more follows  [config/syntax]
        → sync.config.yaml:1:7
       1 │ note: 'it's late'
         │       ^^^^^^^^^^^
         help: For a ' inside it, write ''

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
      "
    `);
  });

  test('a bracket never closed', async () => {
    expect(
      await reportOf(`pipelines:
  a:
    tags: [x, y
  b:
    tags: [z]
`),
    ).toMatchInlineSnapshot(`
      "error pipelines.a.tags: this [ is never closed  [config/syntax]
        → sync.config.yaml:3:11
       2 │   a:
       3 │     tags: [x, y
         │           ^
         help: Close it with ]; what is inside it must be indented more than its key.

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
      "
    `);
  });

  test('a colon inside text', async () => {
    expect(
      await reportOf(`map:
  title: Re: your order
`),
    ).toMatchInlineSnapshot(`
      "error map.title: this value has a colon followed by a space, which in YAML begins another map  [config/syntax]
        → sync.config.yaml:2:10
       1 │ map:
       2 │   title: Re: your order
         │          ^^^^^^^^^^^^^^
         help: If it is text, put it in quotes: "Re: your order"; if it is a map, begin it on the next line.

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
      "
    `);
  });

  test('a line indented too far', async () => {
    expect(
      await reportOf(`sources:
  crm:
    type: file
      url: x
`),
    ).toMatchInlineSnapshot(`
      "error sources.crm.type: this line is indented as if it belonged to line 3, which already has a value  [config/syntax]
        → sync.config.yaml:4:7
       3 │     type: file
       4 │       url: x
         │       ^^^^^^
         help: Indent it like the key it stands beside.

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
      "
    `);
  });

  test('a line indented too little', async () => {
    expect(
      await reportOf(`sources:
  crm:
    type: file
   url: x
`),
    ).toMatchInlineSnapshot(`
      "error sources: this line begins in column 4, where nothing above it begins  [config/syntax]
        → sync.config.yaml:4:4
       3 │     type: file
       4 │    url: x
         │    ^^^^^^
         help: Indent it like the lines it stands beside.

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
      "
    `);
  });

  test('a key without a colon', async () => {
    expect(
      await reportOf(`sources:
  crm:
    type: file
    streams
`),
    ).toMatchInlineSnapshot(`
      "error sources.crm: "streams" is neither a key nor a value: a key needs a colon and a space after it  [config/syntax]
        → sync.config.yaml:4:5
       3 │     type: file
       4 │     streams
         │     ^^^^^^^
         help: Write streams: …

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
      "
    `);
  });

  test('a key without a space after its colon', async () => {
    expect(
      await reportOf(`version:1
sources:
  crm: { type: file }
`),
    ).toMatchInlineSnapshot(`
      "error: "version:1" is neither a key nor a value: a key needs a colon and a space after it  [config/syntax]
        → sync.config.yaml:1:1
       1 │ version:1
         │ ^^^^^^^^^
         help: Write version: 1

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
      "
    `);
  });

  test('a tag', async () => {
    expect(
      await reportOf(`sources:
  crm: { type: !env CRM_TYPE }
`),
    ).toMatchInlineSnapshot(`
      "error sources.crm.type: the tag !env means nothing here  [config/tag]
        → sync.config.yaml:2:16
       1 │ sources:
       2 │   crm: { type: !env CRM_TYPE }
         │                ^^^^
         help: Remove it; if it is text, put the value in quotes: "!env CRM_TYPE"

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/tag
      "
    `);
  });

  test('an alias of nothing', async () => {
    expect(
      await reportOf(`x-defaults: &defaults { type: file }
sources:
  crm: { <<: *default }
`),
    ).toMatchInlineSnapshot(`
      "error sources.crm.<<: nothing above this line is marked &default  [config/alias]
        → sync.config.yaml:3:14
       2 │ sources:
       3 │   crm: { <<: *default }
         │              ^^^^^^^^
         help: did you mean *defaults? If text is meant, put it in quotes: "*default"

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/alias
      "
    `);
  });

  test('an anchor that contains itself', async () => {
    expect(
      await reportOf(`a: &a
  b: [*a]
`),
    ).toMatchInlineSnapshot(`
      "error a.b[0]: *a lies inside what &a marks, so it would contain itself  [config/alias]
        → sync.config.yaml:2:7
       1 │ a: &a
       2 │   b: [*a]
         │       ^^
         help: Move the alias out of it.

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/alias
      "
    `);
  });

  test('a list at the top', async () => {
    expect(
      await reportOf(`- version: 1
- sources: {}
`),
    ).toMatchInlineSnapshot(`
      "error: the config is a list, and should be a map of keys and values  [config/not_a_map]
        → sync.config.yaml:1:1
       1 │ - version: 1
         │ ^^^^^^^^^^^^
         help: It begins with \`version: 1\`, then \`sources:\`, \`sinks:\` and \`pipelines:\`.

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/not_a_map
      "
    `);
  });

  test('unset variables, all at once', async () => {
    expect(
      await reportOf(`sources:
  crm:
    url: https://\${CRM_HOST}/v2
    token: "\${CRM_TOKEN:?ask the CRM team}"
    tag: "\${A"
`),
    ).toMatchInlineSnapshot(`
      "error sources.crm.url: the variable CRM_HOST is not set  [config/unset_variable]
        → sync.config.yaml:3:18
       2 │   crm:
       3 │     url: https://\${CRM_HOST}/v2
         │                  ^^^^^^^^^^^
         help: Set CRM_HOST in the environment or in .env beside the config, or give a default: \${CRM_HOST:-…}

      error sources.crm.token: the variable CRM_TOKEN is not set: ask the CRM team  [config/unset_variable]
        → sync.config.yaml:4:13
       3 │     url: https://\${CRM_HOST}/v2
       4 │     token: "\${CRM_TOKEN:?ask the CRM team}"
         │             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
         help: Set CRM_TOKEN in the environment or in .env beside the config, or give a default: \${CRM_TOKEN:-…}

      error sources.crm.tag: "\${A" has no closing brace  [config/variable_syntax]
        → sync.config.yaml:5:11
       4 │     token: "\${CRM_TOKEN:?ask the CRM team}"
       5 │     tag: "\${A"
         │           ^^^
         help: Write \${NAME}, \${NAME:-default}, \${NAME:?message} or \${file:PATH}; for the text \${ itself write $\${ in its place.

      ✗ 3 errors in sync.config.yaml · nothing was run · more: syncline explain config/unset_variable
      "
    `);
  });

  test('a JSON file with a comma missing', async () => {
    expect(
      await reportOf(`{
	"version": 1,
	"sources": { "crm": { "type": "file" "path": "x" } }
}
`),
    ).toMatchInlineSnapshot(`
      "error sources.crm.type: a comma is missing here, or quotes around text that has a colon in it  [config/syntax]
        → sync.config.yaml:3:39
       2 │     "version": 1,
       3 │     "sources": { "crm": { "type": "file" "path": "x" } }
         │                                          ^^^^^^
         help: Put a comma between the entries.

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
      "
    `);
  });

  test('a bad escape in double quotes', async () => {
    expect(
      await reportOf(`path: "C:\\data\\export.csv"
`),
    ).toMatchInlineSnapshot(`
      "error path: this backslash sequence means nothing inside double quotes  [config/syntax]
        → sync.config.yaml:1:10
       1 │ path: "C:\\data\\export.csv"
         │          ^^
         help: Write \\\\ for a backslash, or use single quotes.

      ✗ 1 error in sync.config.yaml · nothing was run · more: syncline explain config/syntax
      "
    `);
  });

  test('two files that declare the same name', async () => {
    expect(
      await reportOf({
        'sync.config.yaml': `include: teams/*.yaml
sources:
  crm: { type: file }
`,
        'teams/sales.yaml': `# sales
sources:
  crm: { type: libsql }
`,
      }),
    ).toMatchInlineSnapshot(`
      "error sources.crm: "crm" is declared in two files  [config/duplicate_name]
        → teams/sales.yaml:3:3
       2 │ sources:
       3 │   crm: { type: libsql }
         │   ^^^
        it is already here → sync.config.yaml:3:3
       2 │ sources:
       3 │   crm: { type: file }
         │   ^^^
         help: Give one of them another name, or remove it.

      ✗ 1 error in teams/sales.yaml · nothing was run · more: syncline explain config/duplicate_name
      "
    `);
  });

  test('an included file with more than it may hold', async () => {
    expect(
      await reportOf({
        'sync.config.yaml': `include: more.yaml
`,
        'more.yaml': `version: 1
sources: {}
`,
      }),
    ).toMatchInlineSnapshot(`
      "error version: an included file may only hold sources, sinks, pipelines and x-…, not "version"  [config/include]
        → more.yaml:1:1
       1 │ version: 1
         │ ^^^^^^^
         help: Move it from more.yaml into the config itself.

      ✗ 1 error in more.yaml · nothing was run · more: syncline explain config/include
      "
    `);
  });
});

test.each([
  ['a: 1\nb\n', ''],
  ['a:\n  b: 1\n  c\n', 'a'],
  ['a: [x, {b: ${C}}]\n', 'a[1].b'],
])('%j is wrong at %j', async (text, expected) => {
  expect((await diagnose(makeFolder(text))).map(({ path }) => path)).toEqual([expected]);
});
