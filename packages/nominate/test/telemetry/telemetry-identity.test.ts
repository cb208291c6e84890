// How a programme recognises the nodes of its candidates: by declared network ids and keys on chain before
// names; and the places of the nodes from the telemetry server.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import type { Snapshot } from '@watchbill/nominate';
import { type JobHarness, jobHarness } from '@watchbill/nominate/testing';
import { waitFor } from '@watchbill/testkit';
import {
  fieldOf,
  play,
  RECORDED,
  RECORDED_GENESIS,
  renamed,
  server,
  TIMEOUT,
  watch,
} from './telemetry-setup.ts';

const ID_OF_ALICE = fieldOf(RECORDED.alice, 'network_id');
/** Bob's GRANDPA key, as development chains have it. */
const KEY_OF_BOB = '0xd17c2d7823ebf260fd138f2d7e27d114c0145d968b5ff5006125f2414fadae69';
const peerId = (letter: string) => `12D3KooW${letter.repeat(44)}`;
/** In the order of the list; what is declared beside the name. */
const LISTED: Readonly<Record<string, object>> = {
  'alice of old': { networkIds: ID_OF_ALICE, country: 'DE', provider: 'own rack' },
  'the second': {},
  carol: { networkIds: [peerId('c'), peerId('C')] },
  dave: {},
  erin: {},
};
const NAMES = Object.keys(LISTED);

/**
 * The list of the first candidates of the sample under other names. The second and the fourth have session
 * keys that are known.
 */
function describeChain({ chainSays }: JobHarness): void {
  const { candidates } = chainSays.snapshot;
  const entries = candidates.slice(0, NAMES.length).map(({ candidate }, at) => ({
    ...{ slotId: candidate.slotId, name: NAMES[at], stash: candidate.stash, kyc: false },
    ...{ riotHandle: `@c${at}:example.org`, ...LISTED[NAMES[at] ?? ''] },
  }));
  chainSays.list = JSON.stringify({ candidates: entries });
  const keyOf = [null, KEY_OF_BOB, null, `0x${'da'.repeat(32)}`];
  chainSays.snapshot = {
    ...chainSays.snapshot,
    candidates: candidates.map((record, at) => {
      const grandpa = keyOf[at] ?? null;
      const value = grandpa === null ? null : { grandpa, babe: `0x${'01'.repeat(32)}` };
      return { ...record, sessionKeys: { known: true, value, from: 'relay' } };
    }),
  };
}

async function ground(context: TestContext) {
  const feed = await server(context);
  const telemetry = watch(context, [feed], {
    ...{ genesisHash: RECORDED_GENESIS, rules: { settleMs: 300 }, watched: [] },
  });
  const harness = await jobHarness({ telemetry }, systemClock());
  context.after(() => harness.close());
  describeChain(harness);
  await harness.run('candidates', 'snapshot', 'telemetry');
  await waitFor('the feed', () => feed.counts().feeds === 1, TIMEOUT);
  return { feed, telemetry, harness };
}

function recordOf({ candidates }: Snapshot, name: string) {
  const record = candidates.find(({ candidate }) => candidate.name === name);
  assert.ok(record !== undefined, `${name} is in the snapshot`);
  return record;
}

function seenBy(snapshot: Snapshot, name: string) {
  const { sighting } = recordOf(snapshot, name);
  return sighting.known ? (sighting.value?.matchedBy ?? 'never seen') : sighting.reason;
}

test('defect 20: declared network ids and keys on chain come before names, and impostors are not taken', async (context) => {
  const { feed, telemetry, harness } = await ground(context);
  await play(context, feed.submitUrl, RECORDED.alice);
  await play(context, feed.submitUrl, RECORDED.bob);
  // The name of carol with another network id; that of dave with the key of somebody else; nearly that of
  // erin.
  await play(context, feed.submitUrl, renamed(RECORDED.alice, 'carol', peerId('m')));
  await play(context, feed.submitUrl, renamed(RECORDED.bob, 'dave', peerId('n')));
  await play(context, feed.submitUrl, renamed(RECORDED.alice, 'Erin ', peerId('p')));
  await waitFor('five nodes', () => telemetry.report().sources[0]?.nodes === 5, TIMEOUT);
  await waitFor('the feed to settle', () => telemetry.report().sources[0]?.state === 'hearing', TIMEOUT);
  const keyNamed = async (name: string) => recordOf(await harness.snapshot(), name).candidate.stashKey;
  const second = await keyNamed('the second');
  await waitFor(
    'the key of the second',
    () => {
      const fact = telemetry.report().sightings.get(second);
      return fact?.known === true && fact.value?.online === true;
    },
    TIMEOUT,
  );
  await harness.run('telemetry', 'snapshot');
  const snapshot = await harness.snapshot();
  assert.deepEqual(
    NAMES.filter((name) => name !== 'dave').map((name) => seenBy(snapshot, name)),
    ['network-id', 'validator-address', 'never seen', 'never seen'],
  );
  // Nothing speaks against a name until the node shows the key of somebody else; then it is not taken for his
  // any more.
  const { sighting: ofDave } = recordOf(snapshot, 'dave');
  assert.ok(ofDave.known && ofDave.value?.online !== true);
  const flags = JSON.parse((await harness.store.notes.get('telemetry flags')) ?? '[]') as readonly {
    readonly kind: string;
    readonly key: string;
    readonly name: string;
    readonly why: string;
  }[];
  const nameOf = new Map(snapshot.candidates.map(({ candidate }) => [candidate.stashKey, candidate.name]));
  const told = flags.map(({ kind, key, name, why }) => `${kind} of ${nameOf.get(key)}: ${name}, ${why}`);
  assert.ok(told.includes('impostor of carol: carol, not-a-declared-network-id'), told.join('\n'));
  assert.ok(told.includes('near-miss of erin: Erin , blanks'), told.join('\n'));
  assert.equal(feed.counts().malformed, 0, 'the server reads what nodes really say');
  const counts = telemetry.counts().get('feed-0');
  assert.deepEqual([counts?.malformedActions, counts?.unknownActions, counts?.sockets], [0, 0, 1]);
});

test('a key that was set anew is known beside the one before it, until the node shows it', async (context) => {
  const { telemetry, feed, harness } = await ground(context);
  const snapshot = await harness.snapshot();
  const { stashKey } = recordOf(snapshot, 'the second').candidate;
  harness.chainSays.snapshot = {
    ...harness.chainSays.snapshot,
    candidates: harness.chainSays.snapshot.candidates.map((record) =>
      record.candidate.stashKey === stashKey
        ? {
            ...record,
            sessionKeys: { known: true, value: { grandpa: `0x${'ab'.repeat(32)}` }, from: 'relay' },
          }
        : record,
    ),
  };
  await harness.run('snapshot', 'telemetry');
  await play(context, feed.submitUrl, RECORDED.bob);
  await waitFor(
    'the node with the key of before',
    () => {
      const fact = telemetry.report().sightings.get(stashKey);
      return fact?.known === true && fact.value?.matchedBy === 'validator-address';
    },
    TIMEOUT,
  );
});

test('defect 25: the place is what was located, filled with what is declared, and stays while the node is away', async (context) => {
  const beganMs = Date.now();
  const { feed, telemetry, harness } = await ground(context);
  const alice = await play(context, feed.submitUrl, RECORDED.alice);
  await waitFor('one node', () => telemetry.report().sources[0]?.nodes === 1, TIMEOUT);
  await harness.run('telemetry', 'snapshot');
  const before = recordOf(await harness.snapshot(), 'alice of old').place;
  assert.deepEqual(before, {
    ...{ known: true, from: 'programme' },
    value: { city: '', region: '', country: 'DE', provider: 'own rack', declared: ['country', 'provider'] },
  });
  feed.locate(ID_OF_ALICE, { latitude: 60.17, longitude: 24.94, city: 'Helsinki' });
  await waitFor('the location', () => telemetry.report().locations.size === 1, TIMEOUT);
  await harness.run('telemetry', 'snapshot');
  const telling = (snapshot: Snapshot) => {
    const { place } = recordOf(snapshot, 'alice of old');
    assert.ok(place.known && place.value !== null);
    const { atMs, ...value } = place.value;
    assert.ok(atMs !== undefined && beganMs <= atMs && atMs <= Date.now(), 'when it was seen there');
    return { ...place, value };
  };
  const located = {
    ...{ known: true, from: 'places' },
    value: {
      ...{ city: 'Helsinki', region: '', country: 'DE', provider: 'own rack' },
      ...{ latitude: 60.17, longitude: 24.94, declared: ['country', 'provider'] },
    },
  };
  assert.deepEqual(telling(await harness.snapshot()), located);
  const nowhere = recordOf(await harness.snapshot(), 'dave').place;
  assert.ok(!nowhere.known && /no telemetry server has located/.test(nowhere.reason));

  alice.kill();
  await waitFor('its end', () => telemetry.report().sources[0]?.nodes === 0, TIMEOUT);
  await harness.run('telemetry', 'snapshot');
  assert.deepEqual(telling(await harness.snapshot()), located);
  // A server that is connected later sends the place together with the node.
  await play(context, feed.submitUrl, RECORDED.alice);
  await waitFor('its return', () => telemetry.report().sources[0]?.nodes === 1, TIMEOUT);
  feed.locate(ID_OF_ALICE, { latitude: 48.86, longitude: 2.35, city: 'Paris' });
  const late = watch(context, [feed], {
    ...{ genesisHash: RECORDED_GENESIS, rules: { settleMs: 300 } },
    watched: [{ key: '#1', name: 'x', networkIds: [ID_OF_ALICE] }],
  });
  await waitFor(
    'the place at a feed that came later',
    () => late.report().locations.get('#1')?.city === 'Paris',
    TIMEOUT,
  );
});
