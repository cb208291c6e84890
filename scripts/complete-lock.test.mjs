import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingEntries, platformEntry } from './complete-lock.mjs';

test('the entry of a platform package follows from its name', () => {
  assert.deepEqual(platformEntry('@biomejs/cli-linux-x64-musl', '1.0.0', true), {
    version: '1.0.0',
    cpu: ['x64'],
    dev: true,
    libc: ['musl'],
    optional: true,
    os: ['linux'],
  });
  assert.deepEqual(platformEntry('@swc/core-win32-arm64-msvc', '2.0.0', false), {
    version: '2.0.0',
    cpu: ['arm64'],
    optional: true,
    os: ['win32'],
  });
  assert.equal(platformEntry('fsevents', '2.3.3', true), undefined);
});

test('an optional package without an entry is found, one that is nested is not', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': {
        dev: true,
        optionalDependencies: { 'a-linux-x64': '1.0.0', 'a-darwin-arm64': '1.0.0' },
      },
      'node_modules/a/node_modules/a-linux-x64': { version: '1.0.0' },
    },
  };
  assert.deepEqual(missingEntries(lock), [
    {
      at: 'node_modules/a-darwin-arm64',
      by: 'node_modules/a',
      name: 'a-darwin-arm64',
      version: '1.0.0',
      dev: true,
    },
  ]);
});
