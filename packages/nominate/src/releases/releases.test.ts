import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { releaseFeed, releasesIn } from './feed.ts';
import { versionOfTag } from './tags.ts';

const SIGNAL = new AbortController().signal;

const release = (tag: string, change: object = {}) => ({
  tag_name: tag,
  published_at: '2025-04-01T12:00:00Z',
  prerelease: false,
  draft: false,
  name: 'whatever',
  ...change,
});

describe('defect 23: tags of releases', () => {
  for (const [tag, version] of [
    ['polkadot-stable2503', '1.18.0'],
    ['polkadot-stable2503-7', '1.18.7'],
    ['polkadot-stable2407-2', '1.15.2'],
    ['polkadot-stable2409', '1.16.0'],
    ['polkadot-stable2412-1', '1.17.1'],
    ['polkadot-stable2512', '1.21.0'],
    ['stable2606-1', '1.23.1'],
    ['v1.14.1', '1.14.1'],
    ['polkadot-v1.9.0', '1.9.0'],
    ['0.9.7', '0.9.7'],
    ['polkadot-stable2503-rc1', null],
    ['polkadot-stable2504', null],
    ['polkadot-stable2403', null],
    ['polkadot-stable2513', null],
    ['nightly', null],
    ['', null],
  ] as const)
    test(`${tag || 'no tag'}: ${version ?? 'names no version'}`, () =>
      assert.equal(versionOfTag(tag), version));

  test('drafts, candidates and strange tags are not releases; one version is one release, the first', () => {
    const feed = JSON.stringify([
      release('polkadot-stable2503-1', { published_at: '2025-05-01T00:00:00Z' }),
      release('v1.18.1', { published_at: '2025-04-30T00:00:00Z' }),
      release('polkadot-stable2506', { prerelease: true }),
      release('polkadot-stable2509', { draft: true, published_at: null }),
      release('whatever-we-call-it'),
    ]);
    assert.deepEqual(releasesIn('Parity Polkadot', feed), [
      { client: 'Parity Polkadot', version: '1.18.1', publishedAtMs: Date.UTC(2025, 3, 30) },
    ]);
    for (const text of ['', '{}', '{"message":"rate limit"}', '[{"tag_name":5}]'])
      assert.throws(() => releasesIn('c', text));
  });

  test('each client has its own feed; a failed one does not affect the others; if all fail, the job fails', async () => {
    const sources = [
      { client: 'Parity Polkadot', url: 'a' },
      { client: 'Kagome Node', url: 'b' },
    ];
    const feed = releaseFeed(sources, async (url) => {
      if (url === 'a') throw new Error('rate limit');
      return JSON.stringify([release('v0.9.7')]);
    });
    assert.deepEqual((await feed(SIGNAL)).map(field('client')), ['Kagome Node']);
    await assert.rejects(releaseFeed(sources, () => Promise.reject(new Error('away')))(SIGNAL));
  });
});
