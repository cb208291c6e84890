import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storageKey, twox128, xxh64 } from './xxhash.ts';

const text = (value: string) => new TextEncoder().encode(value);

test('XXH64 of known inputs: empty, below 4, 8 and 32 bytes, and above', () => {
  assert.equal(xxh64(text(''), 0n), 0xef46db3751d8e999n);
  assert.equal(xxh64(text('a'), 0n), 0xd24ec4f1a98c6e5bn);
  assert.equal(xxh64(text('abc'), 0n), 0x44bc2cf5ad770999n);
  assert.equal(xxh64(text('xxhash'), 0n), 0x32dd38952c4bc720n);
  assert.equal(xxh64(text('xxhash'), 20_141_025n), 0xb559b98d844e0635n);
  assert.equal(xxh64(text('Nobody inspects the spammish repetition'), 0n), 0xfbcea83c8a378bf1n);
});

test('storage keys that every Substrate chain has', () => {
  assert.equal(twox128('System'), '26aa394eea5630e07c48ae0c9558cef7');
  assert.equal(
    storageKey('System', 'Number'),
    '0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac',
  );
  assert.equal(
    storageKey('Session', 'CurrentIndex'),
    '0xcec5070d609dd3497f72bde07fc96ba072763800a36a99fdfc7c10f6415f6ee6',
  );
});
