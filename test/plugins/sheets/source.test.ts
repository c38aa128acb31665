import { expect, it } from 'vitest';
import { startSheets } from '../../kit/sheets.ts';
import { readSheet } from './support.ts';

it('reads cells as people see them, and has every column in every row', async () => {
  const server = await startSheets();
  server.fill('rows', [['Profile', 'Views'], ['ann'], ['bob', 'n/a'], ['cy', 5]]);
  server.type('rows', 'B2', '1,234');
  server.type('rows', 'A4', '');
  const { records } = await readSheet(server, 'rows');
  expect(records).toEqual([
    { Profile: 'ann', Views: '1,234' },
    { Profile: 'bob', Views: 'n/a' },
    { Profile: null, Views: '5' },
  ]);
});

it('reads on past blank rows, above the header too', async () => {
  const server = await startSheets();
  server.fill('rows', [[], ['id'], [], [' '], ['1'], [], ['2']]);
  expect((await readSheet(server, 'rows')).records).toEqual([{ id: '1' }, { id: '2' }]);
});

it('names columns that are not named, and those of one name, and tells of these', async () => {
  const server = await startSheets();
  server.fill('rows', [
    ['id', '', ' Name ', 'Name', 'Name_2', 'Name'],
    ['1', 'b', 'c', 'd', 'e', 'f', 'g'],
  ]);
  const { batches, records, warnings } = await readSheet(server, 'rows');
  const header = ['id', '_C2', 'Name', 'Name_3', 'Name_2', 'Name_4', '_C7'];
  expect(batches[0]?.header).toEqual(header);
  expect(records.map((record) => Object.values(record).join(''))).toEqual(['1bcdefg']);
  expect(warnings).toEqual([
    'sheet "rows" has several columns "Name": column 4 is read as "Name_3"',
    'sheet "rows" has several columns "Name": column 6 is read as "Name_4"',
  ]);
});

it('tells the columns of a sheet without rows, what it took, and why it ended', async () => {
  const server = await startSheets();
  server.fill('rows', [['id', 'name']]);
  server.fail('GET', 503);
  const { batches } = await readSheet(server, 'rows');
  expect(batches).toMatchObject([
    {
      records: [],
      header: ['id', 'name'],
      stopped: 'the end of the sheet',
      calls: { pages: 1, requests: 2, retries: 1 },
    },
  ]);
});

it('takes what a cell says of objects for a name like others', async () => {
  const server = await startSheets();
  server.fill('rows', [
    ['__proto__', 'constructor'],
    ['a', 'b'],
  ]);
  const { records } = await readSheet(server, 'rows');
  expect(Object.entries(records[0] ?? {})).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
});

it('explains what is wrong: the sheet, the spreadsheet, its sharing', async () => {
  const server = await startSheets();
  server.fill('one', [['id']]);
  await expect(readSheet(server, 'two')).rejects.toMatchObject({
    code: 'source/table_missing',
    message: 'the spreadsheet "Book" has no sheet "two"',
    hint: 'Its sheets are: "one".',
  });
  await expect(readSheet({ ...server, id: 'other' }, 'one')).rejects.toMatchObject({
    message: expect.stringMatching(/answered 404 for the sheet "one": Requested entity was not found$/),
    hint: expect.stringContaining('Check `spreadsheet`'),
  });
  server.unshare();
  await expect(readSheet(server, 'one')).rejects.toMatchObject({
    message: expect.stringMatching(/answered 403 for the sheet "one"/),
    hint: expect.stringContaining('Share the spreadsheet'),
  });
});

it('waits where the quota is used up, and reads then', async () => {
  const server = await startSheets();
  server.fill('rows', [['id'], ['1']]);
  server.fail('GET', 429);
  expect((await readSheet(server, 'rows')).records).toEqual([{ id: '1' }]);
});
