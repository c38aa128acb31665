import { expect, test } from 'vitest';
import { createSecrets } from '../../src/model/secrets.ts';

test('secrets that come up later are taken out of texts, as those from the beginning', () => {
  const secrets = createSecrets(['password']);
  const { redact } = secrets;
  expect(redact('password token-1')).toBe('••• token-1');
  secrets.add(['token-1', 'password']);
  expect(redact('password token-1 token%2D1')).toBe('••• ••• token%2D1');
  expect([...secrets]).toEqual(['password', 'token-1']);
  expect([secrets.has('token-1'), secrets.has('password'), secrets.has('token')]).toEqual([
    true,
    true,
    false,
  ]);
});

test('the oldest of those that came up are forgotten, but not while they are in use, nor those from the beginning', () => {
  const secrets = createSecrets(['password']);
  for (let number = 0; number < 260; number++)
    secrets.add(number % 150 === 0 ? ['in-use', `token-${number};`] : [`token-${number};`]);
  expect([...secrets]).toHaveLength(201);
  expect(secrets.redact('password token-1; token-259; in-use')).toBe('••• token-1; ••• •••');
});
