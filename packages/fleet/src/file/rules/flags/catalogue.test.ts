import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FLAGS } from './catalogue.ts';
import { flagFinding } from './check.ts';
import { ADDED } from './testing/releases.ts';

const RELEASES = Object.keys(ADDED).map(Number);
const OLDEST = Math.min(...RELEASES);

/** By name, the first release whose sc-cli has it. */
const FIRST = new Map(
  RELEASES.flatMap((release) =>
    (ADDED[release] ?? '')
      .split(/\s+/)
      .filter((name) => name !== '')
      .map((name) => [name, release] as const),
  ),
);

/** Flags of binaries: of polkadot, of parachain nodes. The release that added them is unknown here. */
const OF_BINARIES = ['no-beefy', 'no-hardware-benchmarks', 'relay-chain-rpc-urls'];

test('every flag that can be set came with the release that its sources say, or is a binary’s own', () => {
  for (const [name, { since, until, managedBy, unsafe }] of Object.entries(FLAGS)) {
    const first = FIRST.get(name);
    if (first !== undefined) assert.equal(since ?? OLDEST, first, name);
    else if (OF_BINARIES.includes(name)) assert.equal(since, undefined, name);
    // Others are refused whatever the release is, or are older than all.
    else assert.ok(managedBy !== undefined || unsafe !== undefined || (until ?? 9999) <= OLDEST, name);
  }
});

test('a flag is refused before its release, and taken from it on', () => {
  for (const [name, flag] of Object.entries(FLAGS)) {
    if (flag.managedBy !== undefined || flag.unsafe !== undefined || flag.until !== undefined) continue;
    const value = valueFor(flag.kind);
    for (const release of RELEASES) {
      const found = flagFinding(name, value, `stable${release}`);
      const early = release < (FIRST.get(name) ?? OLDEST);
      assert.equal(found?.code, early ? 'flag-version' : undefined, `${name} in stable${release}`);
      if (early) assert.match(found?.remedy ?? '', new RegExp(`came with stable${FIRST.get(name)}:`));
    }
  }
});

test('flags whose first release is not known are named by the page that compares', () => {
  const page = readFileSync(
    new URL('../../../../../../docs/fleet/explanation/fleet-compared.md', import.meta.url),
    'utf8',
  );
  for (const name of OF_BINARIES) assert.ok(page.includes(`\`${name}\``), name);
});

function valueFor(kind: (typeof FLAGS)[string]['kind']) {
  if (typeof kind !== 'string') return kind[0] ?? '';
  return { switch: true, number: 1, text: 'a', list: ['a'] }[kind];
}
