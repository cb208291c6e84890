import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import fc from 'fast-check';
import { differenceOf, differenceText, isSame } from './compare.ts';
import { chainOfFiles, contentsOf, databasesOf, isBackedUp } from './contents.ts';
import { backupId, decodeManifest, encodeManifest, manifestShape } from './manifest.ts';
import { retain } from './retention.ts';
import { manifestFor } from './testing/manifest.ts';

test('a manifest comes back as it was, and any change of it is seen', () => {
  const text = encodeManifest(manifestFor());
  const read = decodeManifest(text);
  assert.ok(read.ok);
  assert.deepEqual(read.manifest, manifestFor());
  for (const changed of [
    text.replace('"number":10', '"number":11'),
    text.replace('harbour', 'harbout'),
    text.replace(/"sha256":"./, '"sha256":"0'),
    text.slice(0, -3),
    '{}',
  ])
    assert.equal(decodeManifest(changed).ok, changed === text, changed);
});

test('a manifest does not name what is not a database, twice the same, or another total', () => {
  const good = manifestFor();
  const [first] = good.files;
  assert.ok(first !== undefined);
  assert.ok(manifestShape.safeParse(good).success);
  const key = { ...first, path: 'data/chains/x/network/secret_ed25519' };
  for (const wrong of [
    { ...good, files: [key], totalBytes: key.bytes },
    { ...good, files: [first, first], totalBytes: 2 * first.bytes },
    { ...good, files: good.files.toReversed() },
    { ...good, totalBytes: good.totalBytes + 1 },
    { ...good, files: [], totalBytes: 0 },
  ])
    assert.ok(!manifestShape.safeParse(wrong).success);
});

test('databases of chains are in a backup; keys, logs and unknown files are not', () => {
  const inside = [
    'data/chains/westend2/db/full/000123.sst',
    'data/chains/x/paritydb/full/table_00_16',
    'relay/chains/rococo/db/full/parachains/db/000005.ldb',
  ];
  const key = `${'62616265'}${'ab'.repeat(32)}`;
  const outside = [
    `data/chains/x/keystore/${key}`,
    'data/chains/x/network/secret_ed25519',
    'keystore/anything',
    'keys/node.key',
    'node.key',
    'node.log',
    `data/chains/x/db/full/${key}`,
    'data/chains/x/db/keystore/a',
    'data/chains/x/db/node.key',
    'data/chains/x/db/full/secret_ed25519',
    'data/chains/../db/a',
    'data/chains/x/db/../../keystore/a',
    'data/chains/x/new-thing/a',
    '/data/chains/x/db/a',
    'data/chains/x/db/a b',
  ];
  for (const path of inside) assert.ok(isBackedUp(path), path);
  for (const path of outside) assert.ok(!isBackedUp(path), path);
  const parted = contentsOf([...inside, ...outside].map((path) => ({ path, bytes: 1 })));
  assert.deepEqual(parted.files.map(field('path')), inside);
  assert.ok(parted.strange.includes(`data/chains/x/db/full/${key}`));
  assert.ok(parted.leftOut.includes('data/chains/x/keystore'));
});

test('no path that ends in a key name, or passes through a folder of keys, is ever in a backup', () => {
  const part = fc.constantFrom(
    'data',
    'relay',
    'chains',
    'x',
    'db',
    'full',
    'keystore',
    'network',
    'keys',
    '..',
    'secret_ed25519',
    'node.key',
    'a.sst',
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
      const path = parts.join('/');
      if (!isBackedUp(path)) return;
      assert.match(path, /^(data|relay)\/chains\/[^/]+\/db\//);
      assert.doesNotMatch(path, /\/(keystore|network|keys|\.\.)\/|(secret_ed25519|\.key)$/);
    }),
  );
});

test('the chain of a folder is known where there is exactly one', () => {
  const of = (...paths: readonly string[]) => paths.map((path) => ({ path }));
  assert.deepEqual(chainOfFiles(of('data/chains/x/db/full/a', 'relay/chains/r/paritydb/full/b')), {
    chainId: 'x',
    database: 'rocksdb',
  });
  assert.equal(chainOfFiles(of('data/chains/x/paritydb/full/a'))?.database, 'paritydb');
  assert.equal(chainOfFiles(of('data/chains/x/db/a', 'data/chains/y/db/a')), null);
  assert.equal(chainOfFiles(of('data/chains/x/db/a', 'data/chains/x/paritydb/a')), null);
  assert.equal(chainOfFiles([]), null);
  assert.deepEqual(databasesOf(of('data/chains/x/db/full/a', 'data/chains/x/db/full/b')), [
    'data/chains/x/db',
  ]);
});

test('a folder is a backup where every file is there, the same, and alone', () => {
  const manifest = manifestFor();
  assert.ok(isSame(differenceOf(manifest, manifest.files)));
  const [first, ...others] = manifest.files;
  assert.ok(first !== undefined);
  const difference = differenceOf(manifest, [
    ...others.slice(1),
    { path: first.path, sha256: '00'.repeat(32) },
    { path: 'data/chains/x/db/new', sha256: '11'.repeat(32) },
  ]);
  assert.deepEqual(difference, {
    missing: [others[0]?.path],
    differing: [first.path],
    extra: ['data/chains/x/db/new'],
  });
  assert.match(differenceText(difference), /1 missing .*1 other than they were .*1 too many/);
});

const DAY_MS = 86_400_000;

test('what one rule keeps stays, and the newest whatever the rules say', () => {
  const ages = [0, 1, 2, 5, 40];
  const backups = ages.map((days) => ({ id: `b${days}`, madeAtMs: 100 * DAY_MS - days * DAY_MS }));
  const now = 100 * DAY_MS;
  assert.deepEqual(retain(backups, { last: 2, days: null }, now).keep, ['b0', 'b1']);
  assert.deepEqual(retain(backups, { last: 1, days: 3 }, now).keep, ['b0', 'b1', 'b2']);
  assert.deepEqual(retain(backups, { last: null, days: 3 }, now + 900 * DAY_MS).keep, ['b0']);
  assert.deepEqual(retain(backups, { last: null, days: null }, now).remove, []);
  // A clock that was ahead: its backup is neither removed nor taken for the newest one.
  const ahead = [...backups, { id: 'ahead', madeAtMs: now + 900 * DAY_MS }];
  assert.deepEqual(retain(ahead, { last: 1, days: null }, now).keep, ['b0', 'ahead']);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(1_000), { minLength: 1 }),
      fc.option(fc.nat(10)),
      fc.option(fc.nat(10)),
      (times, last, days) => {
        const all = times.map((time) => ({ id: `b${time}`, madeAtMs: time * DAY_MS }));
        const { keep, remove } = retain(all, { last, days }, 1_000 * DAY_MS);
        assert.equal(keep.length + remove.length, all.length);
        assert.equal(keep[0], `b${Math.max(...times)}`);
      },
    ),
  );
});

test('ids sort by time', () => {
  assert.equal(backupId(Date.UTC(2026, 10, 21, 1, 2, 3, 456), 77), '20261121T010203Z-77');
  assert.ok(backupId(Date.UTC(2026, 1, 1), 9) < backupId(Date.UTC(2026, 10, 1), 1));
});
