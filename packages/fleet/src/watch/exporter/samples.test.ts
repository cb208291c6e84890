import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPORTER_METRICS } from './catalogue.ts';
import { known, unknown } from './known.ts';
import type { Look } from './look.ts';
import { samplesOf } from './samples.ts';
import type { StashFacts } from './session.ts';
import { lookAt, readSettings, targetNamed } from './testing/look.ts';

const EMPTY: Look = { nodes: [], chains: [], certificates: [], backups: null };

const FACTS: StashFacts = {
  inSet: known(true),
  inNextSet: known(true),
  current: known([]),
  queued: known('0x01'),
  next: known('0x01'),
  sessionsLeft: known(0),
};

function names(look: Look) {
  return samplesOf(look, 'n', 'here').samples.map(
    ({ metric, labels, value }) => [metric, labels.what ?? labels.keys ?? labels.set ?? '', value] as const,
  );
}

test('a node that does not answer has no height, no version and no runtime: each is unknown, and none is 0', () => {
  const node = { call: async () => null } as never;
  const stash = { facts: unknown('no connection'), held: {}, account: '0x00', chain: null };
  assert.deepEqual(names({ ...EMPTY, nodes: [lookAt(targetNamed('v1'), { node, stash })] }), [
    ['answers', '', 0],
    ...['head', 'version', 'runtime', 'session', 'keys-held', 'keys-held', 'keys-held', 'authorship'].map(
      (what) => ['unknown', what, 1] as const,
    ),
  ]);
});

test('if one set of keys is unknown, the others are reported, and that one as unknown', () => {
  const facts = {
    ...{ ...FACTS, inNextSet: known(false), queued: known(null) },
    sessionsLeft: unknown('it is not in the next set'),
  };
  const held = { current: known(false), registered: unknown('unsafe') };
  const stash = { facts: known(facts), held, account: '0x00', chain: null };
  assert.deepEqual(names({ ...EMPTY, nodes: [lookAt(targetNamed('v1'), { stash })] }), [
    ['inSet', 'current', 1],
    ['inSet', 'next', 0],
    ['registered', '', 1],
    ['held', 'current', 0],
    ...['sessions-left', 'keys-held', 'authorship'].map((what) => ['unknown', what, 1] as const),
  ]);
});

test('keys have a label for the services that the node asks before it signs; unknown facts never have it', () => {
  const stash = { facts: known(FACTS), held: { current: known(true) }, account: '0x00', chain: null };
  const look = lookAt({ ...targetNamed('v1'), duty: 'one' }, { stash });
  const { samples } = samplesOf({ ...EMPTY, nodes: [look] }, 'n', 'here');
  const duties = samples.map(({ metric, labels }) => [metric, labels.duty]);
  assert.deepEqual(
    duties.filter(([, duty]) => duty !== undefined),
    [['held', 'one']],
  );
  for (const { metric, labels } of samples) {
    const named: readonly string[] = EXPORTER_METRICS[metric].labels;
    assert.deepEqual(
      Object.keys(labels).filter((label) => !named.includes(label)),
      [],
      metric,
    );
  }
});

test('disks, certificates and backups: present facts are reported, missing ones are unknown', () => {
  const look: Look = {
    ...EMPTY,
    certificates: [
      { name: 'rpc', end: known(1_790_000_000) },
      { name: 'gone', end: unknown('refused') },
    ],
    backups: known([{ network: 'n', node: 'backup-0', values: { finished: 5 } }, null]),
  };
  assert.deepEqual(names(look), [
    ['certificateEnd', '', 1_790_000_000],
    ['backup-finished', '', 5],
    ['unknown', 'certificate', 1],
    ['unknown', 'backups', 1],
  ]);
  assert.deepEqual(names({ ...EMPTY, backups: unknown('no folder') }), [['unknown', 'backups', 1]]);
});

test('settings: names are given once, stashes are accounts, and it listens on loopback only', () => {
  const good = { network: 'n', nodes: [{ name: 'a', url: 'ws://127.0.0.1:9944' }] };
  assert.ok(readSettings(good).success);
  for (const bad of [
    { ...good, nodes: [...good.nodes, ...good.nodes] },
    { ...good, nodes: [{ name: 'a', stash: '5nobody' }] },
    { ...good, listen: { host: '0.0.0.0' } },
    { ...good, nodes: [{ name: 'a', url: 'http://127.0.0.1' }] },
  ])
    assert.equal(readSettings(bad).success, false);
});
