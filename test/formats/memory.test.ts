import { expect, test } from 'vitest';
import { start } from './program.ts';

test('a json document far larger than the memory is read', async () => {
  const { running } = await start(
    `
    import { readRecords } from 'syncline/formats';
    const element = Buffer.from(JSON.stringify({ id: 1, text: 'x'.repeat(1000), deep: { list: [1, 2, 3] } }) + ',\\n');
    const block = Buffer.concat(Array(250).fill(element));
    async function* open() {
      yield Buffer.from('{"count": 100000, "data": {"items": [');
      for (let times = 0; times < 400; times++) yield block;
      yield Buffer.from('{"id": 2}]}, "other": [1]}');
    }
    const options = { file: 'big.json', format: 'json', records: 'data.items', batch: { rows: 1000, bytes: 4e6 } };
    let records = 0;
    for await (const batch of readRecords(open, options)) records += batch.records.length;
    process.stdout.write(String(records));
    `,
    '--max-old-space-size=64',
  );
  const { stdout, stderr } = await running;
  expect({ stdout, stderr }).toEqual({ stdout: '100001', stderr: '' });
});
