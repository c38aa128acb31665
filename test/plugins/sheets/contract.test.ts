import { sheets } from '@googleapis/sheets';
import { sinkContract, sourceContract } from 'syncline/testing';
import { describe, test } from 'vitest';
import { sink, source } from '../../../plugins/google_sheets/index.ts';
import { storedCell } from '../../../src/index.ts';
import { type SheetsServer, startSheets } from '../../kit/sheets.ts';
import { optionsOf } from './support.ts';

describe('the google_sheets source', () => {
  sourceContract({
    test,
    definition: source,
    options: async () => {
      const server = await startSheets();
      server.fill('people', [
        ['id', 'name', 'note'],
        ['1', 'Ann', '=1'],
        ['2', '', 'Zoë 👍'],
        ['3', 'Bob'],
      ]);
      server.fill('empty', []);
      return optionsOf(server);
    },
    stream: { sheet: 'people' },
    records: [
      { id: '1', name: 'Ann', note: '=1' },
      { id: '2', name: null, note: 'Zoë 👍' },
      { id: '3', name: 'Bob', note: null },
    ],
    unreadable: [{ sheet: 'nowhere' }, { sheet: 'empty' }],
  });
});

describe('the google_sheets sink', () => {
  let server: SheetsServer;
  sinkContract({
    // A sheet has no empty text, and no text of 100,000 characters.
    test: (name, body) => (name.startsWith('string values') ? undefined : test(name, body)),
    definition: sink,
    options: async () => {
      server = await startSheets();
      return optionsOf(server);
    },
    read: async (target, columns) => {
      const { spreadsheets } = sheets({
        version: 'v4',
        rootUrl: `${server.url}/`,
        headers: { authorization: `Bearer ${server.token}` },
      });
      const { data } = await spreadsheets.values.get({
        spreadsheetId: server.id,
        range: target,
        valueRenderOption: 'UNFORMATTED_VALUE',
      });
      const [header = [], ...rows] = data.values ?? [];
      return rows.map((row) =>
        columns.map(({ name, type }) => {
          const value = row[header.indexOf(name)] ?? '';
          const cell = value === '' || type === 'json' ? value || null : storedCell(type, value);
          return cell === undefined ? 'no such value' : cell;
        }),
      );
    },
  });
});
