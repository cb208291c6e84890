import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type JsonNode, readJson } from './json-source.ts';

function plain(node: JsonNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  const members = node.members.map(({ key, value }) => [key, plain(value)] as const);
  return Object.fromEntries(members);
}

test('reads every text that JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(0, 2), (text, indent) => {
      const value: unknown = JSON.parse(text);
      const read = readJson(JSON.stringify(value, null, indent));
      assert.ok(read.ok);
      assert.deepEqual(JSON.stringify(plain(read.root)), JSON.stringify(value));
    }),
  );
});

test('refuses every text that JSON.parse refuses', () => {
  for (const text of [
    '',
    '{',
    '[1,]',
    '{"a":1,}',
    '01',
    '1.',
    '+1',
    'nul',
    '"a',
    '"\t"',
    '"\\x"',
    '[1 2]',
    "{'a':1}",
    '1 1',
    'NaN',
  ]) {
    assert.throws(() => JSON.parse(text));
    assert.equal(readJson(text).ok, false, text);
  }
});

test('lines and columns are counted from 1', () => {
  const read = readJson('{\n  "a": [\n    1,\n    tru\n  ]\n}');
  assert.deepEqual(read, { ok: false, line: 4, column: 5, why: 'a value is missing or misspelt here' });
  const good = readJson('{\n "a":\n  1}');
  assert.ok(good.ok && good.root.kind === 'object');
  const [member] = good.root.members;
  assert.deepEqual([good.root.line, member?.line, member?.value.line], [1, 2, 3]);
});
