const { readFileSync } = require('node:fs');
const assert = require('node:assert');

const read = (file) => JSON.parse(readFileSync(file, 'utf8')).pipelines;
const [first, second] = [read('first.json'), read('second.json')];
assert.strictEqual(first.people.inserted, 2);
assert.strictEqual(first.numbers.inserted, 3);
assert.strictEqual(second.people.unchanged, 2);
assert.strictEqual(second.numbers.unchanged, 3);
console.log('the packed package installs, runs, and loads a TypeScript plugin');
