import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '@watchbill/kit';
import { strategicMerge } from './strategic-merge.ts';

const CASES: Readonly<Record<string, readonly [before: Json, patch: Json, after: Json]>> = {
  'sections are joined': [{ a: { b: 1 } }, { a: { c: 2 } }, { a: { b: 1, c: 2 } }],
  'null removes a key': [{ a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
  'a list without a merge key is replaced': [{ args: ['a', 'b'] }, { args: ['c'] }, { args: ['c'] }],
  'containers are matched by name, and others added': [
    { containers: [{ name: 'node', image: 'x' }] },
    { containers: [{ name: 'node', tty: true }, { name: 'logs' }] },
    { containers: [{ name: 'node', image: 'x', tty: true }, { name: 'logs' }] },
  ],
  'volume mounts are matched by their path': [
    { volumeMounts: [{ name: 'a', mountPath: '/x' }] },
    { volumeMounts: [{ name: 'b', mountPath: '/x' }] },
    { volumeMounts: [{ name: 'b', mountPath: '/x' }] },
  ],
  'ports of a Service are matched by port': [
    { ports: [{ port: 1, name: 'p2p' }] },
    { ports: [{ port: 1, nodePort: 30_001 }] },
    { ports: [{ port: 1, name: 'p2p', nodePort: 30_001 }] },
  ],
  'an item is removed': [
    { env: [{ name: 'A' }, { name: 'B' }] },
    { env: [{ name: 'A', $patch: 'delete' }] },
    { env: [{ name: 'B' }] },
  ],
  'the removal of an item that is not there is none': [
    { env: [{ name: 'A' }] },
    { env: [{ name: 'B', $patch: 'delete' }] },
    { env: [{ name: 'A' }] },
  ],
  'a list of named items is replaced if that is asked for': [
    { env: [{ name: 'A' }, { name: 'B' }] },
    { env: [{ $patch: 'replace' }, { name: 'C' }] },
    { env: [{ name: 'C' }] },
  ],
  'so is a section': [{ a: { b: 1 } }, { a: { $patch: 'replace', c: 2 } }, { a: { c: 2 } }],
  'null inside a new section is not kept': [{}, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
};

for (const [name, [before, patch, after]] of Object.entries(CASES))
  test(name, () => {
    const untouched = structuredClone(before);
    assert.deepEqual(strategicMerge(before, patch), after);
    assert.deepEqual(before, untouched, 'the object itself is left as it is');
  });

test('directives that are not supported are refused', () => {
  for (const patch of [{ '$setElementOrder/env': [] }, { $patch: 'merge' }, { a: { $retainKeys: ['b'] } }])
    assert.throws(() => strategicMerge({}, patch), RangeError);
});
