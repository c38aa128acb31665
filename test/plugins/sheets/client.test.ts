import { sheets } from '@googleapis/sheets';
import { expect, it } from 'vitest';
import { type SheetsServer, startSheets } from '../../kit/sheets.ts';

/** The server of the tests, seen by the client that Google wrote. */
function clientOf({ url, token, id }: SheetsServer, by = token) {
  const headers = { authorization: `Bearer ${by}` };
  const { spreadsheets } = sheets({ version: 'v4', rootUrl: `${url}/`, headers, retry: false });
  const values = async (range: string, valueRenderOption = 'FORMATTED_VALUE') =>
    (await spreadsheets.values.get({ spreadsheetId: id, range, valueRenderOption })).data.values;
  return { spreadsheets, values, id };
}

it('gives values as the client of Google asks for them, without the empty cells at the end', async () => {
  const server = await startSheets();
  server.fill("it's", [['a', '', 'c', ''], [], [1, true, '', '']]);
  server.type("it's", 'B3', '1,234');
  server.type("it's", 'D3', '=1+41');
  const { values, spreadsheets, id } = clientOf(server);
  expect(await values("'it''s'")).toEqual([['a', '', 'c'], [], ['1', '1,234', '', '42']]);
  expect(await values("'it''s'!A3:B3", 'UNFORMATTED_VALUE')).toEqual([[1, 1234]]);
  const request = { spreadsheetId: id, range: "'it''s'!A1", valueInputOption: 'RAW' };
  await spreadsheets.values.update({ ...request, requestBody: { values: [['=1']] } });
  expect(await values("'it''s'!A1")).toEqual([['=1']]);
});

it('makes all changes of a request or none', async () => {
  const server = await startSheets();
  server.fill(
    'rows',
    [
      ['id', 'n'],
      [1, 5],
      [2, 6],
    ],
    2,
  );
  const { spreadsheets, values, id } = clientOf(server);
  const described = await spreadsheets.get({ spreadsheetId: id });
  const sheetId = described.data.sheets?.[0]?.properties?.sheetId ?? 0;
  const change = (requests: object[]) =>
    spreadsheets.batchUpdate({ spreadsheetId: id, requestBody: { requests } });
  const fields = 'userEnteredValue';
  const cell = (value: string) => ({
    rows: [{ values: [{ userEnteredValue: { stringValue: value } }] }],
    fields,
  });
  const outside = { updateCells: { start: { sheetId, rowIndex: 0, columnIndex: 2 }, ...cell('more') } };
  const remove = { deleteDimension: { range: { sheetId, dimension: 'ROWS', startIndex: 1, endIndex: 2 } } };
  await expect(change([remove, outside])).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('exceeds grid limits'),
  });
  expect(await values('rows')).toHaveLength(3);
  const widen = { appendDimension: { sheetId, dimension: 'COLUMNS', length: 1 } };
  await change([widen, outside, remove, { appendCells: { sheetId, ...cell('=3') } }]);
  expect(await values('rows')).toEqual([['id', 'n', 'more'], ['2', '6'], ['=3']]);
  const added = await change([{ addSheet: { properties: { title: 'new' } } }]);
  expect(added.data.replies?.[0]?.addSheet?.properties).toMatchObject({ title: 'new' });
});

it('refuses as Google does', async () => {
  const server = await startSheets();
  const { values, spreadsheets } = clientOf(server);
  await expect(values('nowhere')).rejects.toMatchObject({
    status: 400,
    message: 'Unable to parse range: nowhere',
  });
  await expect(spreadsheets.get({ spreadsheetId: 'other' })).rejects.toMatchObject({ status: 404 });
  await expect(clientOf(server, 'bad').values('rows')).rejects.toMatchObject({ status: 401 });
  server.fail('GET', 429);
  await expect(values('rows')).rejects.toMatchObject({ status: 429 });
  server.unshare();
  await expect(values('rows')).rejects.toMatchObject({ status: 403 });
});
