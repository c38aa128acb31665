import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Row, Scope, Target } from '../../src/model/types.ts';
import { keyOf } from '../../src/transform/cells.ts';
import { fold } from '../../src/transform/fold.ts';
import { MergeTable } from '../transform/merge-table.ts';
import { MergeModel, type ModelRow } from './merge-model.ts';
import {
  contents,
  kinds,
  ofTypes,
  plainValue,
  rowOf,
  rowsOf,
  samples,
  targetOfFields,
} from './merge-rows.ts';

/** Checks a property; fast-check prints the seed of a failure, and the smallest case that fails. */
function holds<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, check));
}

const named = kinds.map((kind) => [kind.strategy.type, kind.type, kind] as const);

describe('any split into batches gives the same rows', () => {
  it.each(named)('%s of %s', (_name, _type, kind) => {
    const target = targetOfFields([kind]);
    holds(fc.tuple(rowsOf(target), fc.array(fc.nat(10), { maxLength: 4 })), ([rows, cuts]) => {
      const whole = new MergeTable(target);
      whole.commit(rows);
      const split = new MergeTable(target);
      const ends = [0, ...cuts.toSorted((a, b) => a - b), rows.length];
      for (const [place, end] of ends.entries()) split.commit(rows.slice(ends[place - 1], end));
      deepStrictEqual(contents(split, target), contents(whole, target));
    });
  });
});

describe('any replay gives the same rows', () => {
  /** A read that breaks off after `end` rows and goes on from `start`, as often as it likes. */
  function replays(target: Target, rows: fc.Arbitrary<readonly Row[]>): void {
    const breaks = fc.array(fc.tuple(fc.nat(10), fc.nat(10)), { minLength: 1, maxLength: 3 });
    holds(fc.tuple(rows, breaks), ([rows, breaks]) => {
      const once = new MergeTable(target);
      once.commit(rows);
      const often = new MergeTable(target);
      let reached = 0;
      for (const [end, back] of breaks) {
        const start = Math.max(reached - back, 0);
        reached = Math.min(start + end, rows.length);
        often.commit(rows.slice(start, reached));
      }
      for (const row of rows.slice(reached)) often.commit([row]);
      often.commit(rows);
      deepStrictEqual(contents(often, target), contents(once, target));
    });
  }

  it.each(named)('%s of %s', (_name, _type, kind) => {
    const target = targetOfFields([kind]);
    replays(target, rowsOf(target));
  });
});

describe('fold', () => {
  const action = (target: Target) =>
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          scopes: fc.array(
            fc.record({
              parent: fc.constantFrom('a', 'b'),
              rows: fc.array(rowOf(target), { maxLength: 4 }),
              seen: fc.subarray([1, 2]),
              withhold: fc.boolean(),
            }),
            { maxLength: 4 },
          ),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          edit: fc.tuple(
            fc.constantFrom('a', 'b'),
            fc.constantFrom(1, 2),
            fc.nat(target.columns.length - 4),
            fc.nat(20),
          ),
        }),
      },
    );

  const kind = fc.oneof(
    fc.constantFrom(...kinds),
    fc.constantFrom(...ofTypes(['string', 'json'], 'keep_edits')),
  );

  const story = (replacing: boolean) =>
    fc
      .tuple(fc.array(kind, { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([fields, tracked]) => targetOfFields(fields, tracked, replacing ? [0] : undefined))
      .chain((target) => fc.tuple(fc.constant(target), fc.array(action(target), { maxLength: 8 })));

  it.each([
    ['without', false],
    ['with', true],
  ])('does what a naive model of the rules does, while a person edits, %s replace_within', (_, replacing) => {
    holds(story(replacing), ([target, actions]) => {
      const table = new MergeTable(target);
      const model = new MergeModel(
        target.columns
          .slice(2)
          .map(({ name, strategy, tracked }) => ({ name, strategy: strategy.type, tracked })),
      );
      for (const action of actions) {
        if ('edit' in action) {
          const [parent, id, field, sample] = action.edit;
          const column = target.columns[3 + field];
          const choices = [...(samples[column?.type ?? 'string'] ?? []), null];
          const cell = choices[sample % choices.length] ?? null;
          table.edit(keyOf([parent, id]), 3 + field, cell);
          const known = model.rows.get(`${parent}/${id}`)?.fields;
          known?.set(column?.name ?? '', plainValue(column?.type ?? 'string', cell));
        } else {
          const scopes = action.scopes.map((scope) => ({
            ...scope,
            rows: scope.rows.map((row) => modelRow(row.with(0, scope.parent), target)),
          }));
          const rows = action.scopes.flatMap(({ parent, rows }) => rows.map((row) => row.with(0, parent)));
          const { counts } = table.commit(rows, replacing ? scopesOf(action.scopes) : undefined);
          deepStrictEqual(counts, model.commit(scopes, replacing));
        }
        deepStrictEqual(contents(table, target), modelContents(model, target));
      }
    });
  });

  it('changes neither the batch nor what is there', () => {
    holds(story(true), ([target, actions]) => {
      const table = new MergeTable(target);
      for (const action of actions) {
        if ('edit' in action) continue;
        const rows = action.scopes.flatMap(({ parent, rows }) => rows.map((row) => row.with(0, parent)));
        const batch = { target, number: 1, rows, scopes: scopesOf(action.scopes) };
        const before = structuredClone([batch, table.rows]);
        for (const { row, written } of table.rows.values()) {
          Object.freeze(row);
          Object.freeze(written);
        }
        for (const row of rows) Object.freeze(row);
        fold(batch, table.rows);
        deepStrictEqual(structuredClone([batch, table.rows]), before);
        table.commit(rows, batch.scopes);
      }
    });
  });

  function scopesOf(
    scopes: readonly { parent: string; rows: readonly Row[]; seen: number[]; withhold: boolean }[],
  ): Scope[] {
    let from = 0;
    return scopes.map(({ parent, rows, seen, withhold }) => {
      const to = from + rows.length;
      const scope = { from, to, parent: [parent], seen: seen.map((id) => [parent, id]) };
      from = to;
      return withhold ? { ...scope, withhold } : scope;
    });
  }

  function modelRow([parent, id, ...cells]: Row, target: Target): ModelRow {
    const fields = new Map<string, unknown>();
    for (const [place, cell] of cells.entries()) {
      const column = target.columns[place + 2];
      if (column !== undefined && cell !== undefined) fields.set(column.name, plainValue(column.type, cell));
    }
    return { parent: String(parent), id: Number(id), fields };
  }

  /** In the shape of `contents`. */
  function modelContents(model: MergeModel, target: Target): Map<string, unknown> {
    const names = target.columns.slice(2).map(({ name }) => name);
    const entries = [...model.rows].map(([key, { fields, memory }]) => {
      const [parent, id] = [key.slice(0, 1), Number(key.slice(2))];
      const row = [parent, id, ...names.map((name) => fields.get(name))];
      const written = [undefined, undefined, ...names.map((name) => memory.get(name))];
      return [keyOf([parent, id]), [row, written]] as const;
    });
    return new Map(entries.sort());
  }
});

describe('what a person wrote', () => {
  it('survives every batch until the person lets go of it, and then follows the source again', () => {
    const target = targetOfFields(ofTypes(['string'], 'keep_edits'));
    const sourceRows = fc.array(
      fc.tuple(fc.constant('a'), fc.constant(1), fc.constant(0), fc.constantFrom('a', 'b', null, undefined)),
      { maxLength: 6 },
    );
    holds(fc.array(sourceRows, { minLength: 1, maxLength: 5 }), (batches) => {
      const table = new MergeTable(target);
      table.commit([['a', 1, 0, 'first']]);
      table.edit(keyOf(['a', 1]), 3, "a person's");
      for (const rows of batches) {
        const { counts } = table.commit(rows);
        expect(table.only?.[3]).toBe("a person's");
        expect(counts.kept).toBe(rows.some((row) => row[3] !== undefined) ? 1 : 0);
      }
      table.edit(keyOf(['a', 1]), 3, 'first');
      table.commit([['a', 1, 0, 'last']]);
      expect(table.only?.[3]).toBe('last');
    });
  });
});
