import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storageKey } from './storage-key.ts';

test('storage keys that every Substrate chain has', () => {
  assert.equal(
    storageKey('System', 'Number'),
    '0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac',
  );
  assert.equal(
    storageKey('Session', 'CurrentIndex'),
    '0xcec5070d609dd3497f72bde07fc96ba072763800a36a99fdfc7c10f6415f6ee6',
  );
});
