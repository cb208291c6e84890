import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Layer, mergeLayers } from './merge.ts';
import type { Origin } from './origin.ts';

function layer(role: string, tree: Readonly<Record<string, unknown>>): Layer {
  return { tree, originOf: (): Origin => ({ from: 'default', role }) };
}

function origins(layers: readonly Layer[]): Record<string, string> {
  const entries = [...mergeLayers(layers).origins].map(([path, origin]) => [
    path,
    origin.from === 'default' ? origin.role : '',
  ]);
  return Object.fromEntries(entries);
}

test('sections are joined, values and lists replaced, and each value knows its layer', () => {
  const layers = [
    layer('one', { a: { b: 1, c: 2 }, list: [1, 2], gone: { x: 1 }, empty: {} }),
    layer('two', { a: { c: 3 }, list: [3], gone: null }),
    layer('three', { a: { d: { e: 4 } }, empty: { now: true } }),
  ];
  assert.deepEqual(mergeLayers(layers).tree, {
    a: { b: 1, c: 3, d: { e: 4 } },
    list: [3],
    gone: null,
    empty: { now: true },
  });
  assert.deepEqual(origins(layers), {
    'a.b': 'one',
    'a.c': 'two',
    'a.d.e': 'three',
    list: 'two',
    gone: 'two',
    'empty.now': 'three',
  });
});

test('a section in place of a value, and an empty section over a full one', () => {
  assert.deepEqual(mergeLayers([layer('one', { a: 1 }), layer('two', { a: { b: 2 } })]).tree, {
    a: { b: 2 },
  });
  assert.deepEqual(origins([layer('one', { a: 1 }), layer('two', { a: { b: 2 } })]), { 'a.b': 'two' });
  assert.deepEqual(mergeLayers([layer('one', { a: { b: 1 } }), layer('two', { a: {} })]).tree, {
    a: { b: 1 },
  });
});

const tree = fc.letrec<{ node: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(fc.nat(9), fc.constant(null), fc.array(fc.nat(3), { maxLength: 2 })),
  node: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('node'), { maxKeys: 3 }),
  ),
}));
const section = fc.dictionary(fc.constantFrom('a', 'b', 'c'), tree.node, { maxKeys: 3 });

test('every value in the result has one origin, and no origin is of a missing value', () => {
  fc.assert(
    fc.property(fc.array(section, { minLength: 1, maxLength: 4 }), (trees) => {
      const merged = mergeLayers(trees.map((one, index) => layer(`${index}`, one)));
      assert.deepEqual([...merged.origins.keys()].sort(), leaves(merged.tree, []).sort());
    }),
  );
});

function leaves(value: unknown, path: readonly string[]): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path.join('.')];
  const entries = Object.entries(value);
  if (entries.length === 0) return path.length === 0 ? [] : [path.join('.')];
  return entries.flatMap(([key, inner]) => leaves(inner, [...path, key]));
}
