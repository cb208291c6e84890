// A file is named after its thing: two files of one generic name in a package are hard to find again.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../pinned.mjs';
import { filesOf } from './sources.mjs';

const GENERIC = '{command,run,ports,events,fault}.ts';

test('no package has two files of one generic name', () => {
  const files = filesOf(ROOT, [`packages/*/src/**/${GENERIC}`]);
  const byName = Map.groupBy(files, (file) => `${file.split('/')[1]}: ${basename(file)}`);
  assert.deepEqual(
    [...byName.values()].filter((same) => same.length > 1),
    [],
  );
});
