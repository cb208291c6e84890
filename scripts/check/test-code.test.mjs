// Fakes and fixtures are in `testing/` folders, where the import rules and the packer find them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT } from '../pinned.mjs';
import { plantTree } from './fixture-tree.mjs';
import { filesOf } from './sources.mjs';

const FAKE_OR_FIXTURE = /(^|[/-])(fake|fixture)s?([-.][^/]*)?$/;

/** Fakes and fixtures outside `testing/`, by name. The testkit does not ship. */
function strays(root) {
  const files = filesOf(root, 'packages/!(testkit)/src/**/*.*');
  return files.filter((file) => FAKE_OR_FIXTURE.test(file) && !file.includes('/testing/'));
}

test('every fake and every fixture of a package is in a folder `testing`', () => {
  assert.deepEqual(strays(ROOT), []);
});

test('a fake and a fixture elsewhere are found', (t) => {
  const { root } = plantTree(t, {
    'packages/duty/src/fake-clock.ts': '',
    'packages/duty/src/window/fixture.ts': '',
    'packages/duty/src/window/claim-fixtures.ts': '',
    'packages/duty/src/testing/fake-store.ts': '',
    'packages/duty/src/fixtures-of-clocks.md': '',
    'packages/duty/src/faked.ts': '',
  });
  assert.deepEqual(strays(root), [
    'packages/duty/src/fake-clock.ts',
    'packages/duty/src/fixtures-of-clocks.md',
    'packages/duty/src/window/claim-fixtures.ts',
    'packages/duty/src/window/fixture.ts',
  ]);
});
