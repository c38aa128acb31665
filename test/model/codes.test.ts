import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { errorCodes } from '../../src/model/codes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const codes = Object.keys(errorCodes);

// That every code an error has is in the catalogue is told by the types.
test('every code of the catalogue is used', () => {
  const text = ['src', 'plugins']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !/codes\.ts$/.test(file))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  expect(codes.filter((code) => !text.includes(`'${code}'`) && !text.includes(`[${code}]`))).toEqual([]);
});

test('the catalogue is in order, and says something helpful of each code', () => {
  expect(codes).toEqual([...codes].sort());
  for (const [code, text] of Object.entries(errorCodes)) {
    expect(code).toMatch(/^[a-z]+\/[a-z]+(_[a-z]+)*$/);
    expect(text, code).toMatch(/^[A-Z`].{40,}[.`]$/);
  }
});
