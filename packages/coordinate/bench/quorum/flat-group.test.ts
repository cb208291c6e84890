import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flatGroup } from './flat-group.ts';

for (const size of [1, 4]) {
  test(`every member of a group of ${size} executes what each window agreed on`, () => {
    const group = flatGroup(size);
    for (let i = 0; i < 10; i++) group.window();
    assert.equal(group.windows(), 10);
  });
}
