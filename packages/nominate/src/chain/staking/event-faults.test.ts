import assert from 'node:assert/strict';
import test from 'node:test';
import { NodeFault } from '@watchbill/chain';
import type { Plain } from '@watchbill/chain/reading';
import { field } from '@watchbill/kit/testing';
import { accountOf } from '../testing/fake-accounts.ts';
import { ERA, fakeChains } from '../testing/fake-chains.ts';
import { type EventPlace, faultsOfEvents } from './event-faults.ts';
import { type FaultReading, MOST_FAULT_BLOCKS, readFaults } from './read-faults.ts';

const [OURS, THEIRS, STRANGER] = [
  accountOf('candidate', 0),
  accountOf('candidate', 1),
  accountOf('nominator', 7),
];
const CANDIDATES = new Set([OURS, THEIRS]);
const PLACE: EventPlace = { role: 'staking', height: 9n, atMs: 1_000, era: ERA };

function event(pallet: string, name: string, value: Plain): Plain {
  return {
    phase: { type: 'Initialization', value: null },
    event: { type: pallet, value: { type: name, value } },
    topics: [],
  };
}
const offline = (...who: readonly string[]): Plain =>
  event('ImOnline', 'SomeOffline', {
    offline: who.map((each) => [each, { total: 1n, own: 1n, others: [] }]),
  });

const shown = ({ faults }: { readonly faults: FaultReading['faults'] }) =>
  faults.map(({ stashKey, fault }) => [stashKey, fault.kind, fault.era]);

test('defect 18: an event of a stranger never drops the rest, nor does a stranger within an event', () => {
  const { faults, unread } = faultsOfEvents(
    [
      offline(STRANGER, OURS, STRANGER, THEIRS),
      event('Staking', 'Chilled', { stash: STRANGER }),
      event('Staking', 'Chilled', { stash: THEIRS }),
    ],
    PLACE,
    CANDIDATES,
  );
  assert.deepEqual(shown({ faults }), [
    [OURS, 'offline', ERA],
    [THEIRS, 'offline', ERA],
    [THEIRS, 'chilled', ERA],
  ]);
  assert.deepEqual(unread, []);
});

test('an event that cannot be read is named, and drops no other', () => {
  const { faults, unread } = faultsOfEvents(
    [event('Staking', 'Chilled', { who: OURS }), null, event('Staking', 'Chilled', { stash: OURS })],
    PLACE,
    CANDIDATES,
  );
  assert.deepEqual(shown({ faults }), [[OURS, 'chilled', ERA]]);
  assert.deepEqual(unread, [
    'Staking.Chilled has another shape: it has no stash',
    'an event has another shape: it has no event',
  ]);
});

test('offences and slashes of old and new runtimes, with the era that they name', () => {
  const { faults } = faultsOfEvents(
    [
      event('Staking', 'SlashReported', { validator: OURS, fraction: 10_000_000, slash_era: 97 }),
      event('Staking', 'OffenceReported', { offence_era: 98, validator: THEIRS, fraction: 500_000_000 }),
      event('Staking', 'Slashed', { staker: OURS, amount: 12n }),
      event('Session', 'ValidatorDisabled', { validator: THEIRS }),
      event('Offences', 'Offence', { kind: '0x00', timeslot: '0x00' }),
    ],
    PLACE,
    CANDIDATES,
  );
  assert.deepEqual(shown({ faults }), [
    [OURS, 'offence', 97],
    [THEIRS, 'offence', 98],
    [OURS, 'slashed', ERA],
    [THEIRS, 'offence', ERA],
  ]);
  assert.match(faults[1]?.fault.reason ?? '', /of 50 %/);
  assert.deepEqual(faults[0]?.fault.evidence, [
    { fact: 'system.events', value: `block 9: ${faults[0]?.fault.reason}`, source: 'staking' },
  ]);
});

test('a fault whose era is not known is not dated by a guess', () => {
  const { faults, unread } = faultsOfEvents(
    [event('Staking', 'Chilled', { stash: OURS })],
    { ...PLACE, era: null },
    CANDIDATES,
  );
  assert.deepEqual([faults.length, unread.length], [0, 1]);
});

/** Events as bytes: a list of one `Staking.Chilled`. */
function chain(
  eventsAt: Readonly<Record<number, readonly (readonly [pallet: string, name: string, value: object])[]>>,
) {
  const chains = fakeChains({ staking: 'kusama-1000000' });
  for (const [height, events] of Object.entries(eventsAt))
    chains.staking.setAt(Number(height), 'System', 'Events', [
      [
        [],
        events.map(([type, name, value]) => ({
          phase: { type: 'Finalization' },
          event: { type, value: { type: name, value } },
          topics: [],
        })) as never,
      ],
    ]);
  return chains;
}

async function read(
  chains: ReturnType<typeof fakeChains>,
  from: bigint,
  upTo?: bigint,
): Promise<FaultReading> {
  const candidates = CANDIDATES;
  const answer = await chains.roles.staking.readPinned((reader) =>
    readFaults(reader, {
      ...{ role: 'staking', candidates, from, era: null },
      ...(upTo === undefined ? {} : { upTo }),
    }),
  );
  assert.ok(answer.ok, answer.ok ? '' : answer.why);
  return answer.value;
}

test('the events of a range of blocks, each with its height and time', async () => {
  const chains = chain({
    995: [['Staking', 'Chilled', { stash: STRANGER }]],
    997: [
      ['Staking', 'Chilled', { stash: OURS }],
      ['Staking', 'Slashed', { staker: THEIRS, amount: '5' }],
    ],
    1000: [['Staking', 'Chilled', { stash: THEIRS }]],
  });
  const found = await read(chains, 990n);
  assert.deepEqual(shown(found), [
    [OURS, 'chilled', ERA],
    [THEIRS, 'slashed', ERA],
    [THEIRS, 'chilled', ERA],
  ]);
  assert.deepEqual(found.unread, []);
  assert.equal(found.next, 1_001n);
  assert.deepEqual(await read(chains, 1_001n), { ...{ faults: [], unread: [], next: 1_001n, behind: 0 } });
});

test('an event of a session that ends belongs to the era before the block', async () => {
  const chains = chain({ 998: [['Staking', 'Chilled', { stash: OURS }]] });
  for (const height of [998, 999, 1_000])
    chains.staking.setAt(height, 'Staking', 'ActiveEra', [[[], { index: ERA + 1, start: null }]]);
  assert.deepEqual(shown(await read(chains, 995n)), [[OURS, 'chilled', ERA]]);
});

test('a long range is read in several parts without a gap', async () => {
  const first = 1_000 - MOST_FAULT_BLOCKS - 5;
  const chains = chain({
    [first + MOST_FAULT_BLOCKS - 1]: [['Staking', 'Chilled', { stash: OURS }]],
    [first + MOST_FAULT_BLOCKS]: [['Staking', 'Chilled', { stash: THEIRS }]],
  });
  const one = await read(chains, BigInt(first));
  assert.equal(one.next, BigInt(first + MOST_FAULT_BLOCKS));
  assert.equal(one.behind, 6);
  const two = await read(chains, one.next);
  assert.equal(two.behind, 0);
  assert.deepEqual(
    [...shown(one), ...shown(two)].map(([who]) => who),
    [OURS, THEIRS],
  );
});

test('only a part of the blocks is read on request', async () => {
  const chains = chain({
    996: [['Staking', 'Chilled', { stash: OURS }]],
    999: [['Staking', 'Chilled', { stash: THEIRS }]],
  });
  const part = await read(chains, 995n, 997n);
  assert.deepEqual(shown(part), [[OURS, 'chilled', ERA]]);
  assert.deepEqual([part.next, part.behind], [998n, 0]);
});

test('blocks whose state is gone are unread, and not without faults', async () => {
  const chains = chain({ 999: [['Staking', 'Chilled', { stash: OURS }]] });
  const old = new Set(['3e3', '3e4'].map((height) => height.padStart(62, '0')));
  chains.staking.setTrouble((method, params) => {
    if (method === 'state_queryStorageAt' && old.has(String(params[1]).slice(4)))
      throw new NodeFault('refused', 'State already discarded', { rpcCode: 4003 });
    return null;
  });
  const found = await read(chains, 995n);
  assert.deepEqual(shown(found).length, 1);
  assert.deepEqual(found.unread.map(field('height')), [995n, 996n]);
});

test('an upgrade within the range: each block is read by the runtime that wrote it', async () => {
  const chains = chain({ 996: [['Staking', 'Chilled', { stash: OURS }]] });
  chains.staking.upgrade(996, 'westend-1015000');
  chains.staking.setAt(998, 'System', 'Events', [
    [
      [],
      [
        {
          phase: { type: 'Finalization' },
          event: { type: 'Staking', value: { type: 'Chilled', value: { stash: THEIRS } } },
          topics: [],
        },
      ] as never,
    ],
  ]);
  const found = await read(chains, 994n);
  assert.deepEqual(shown(found), [
    [OURS, 'chilled', ERA],
    [THEIRS, 'chilled', ERA],
  ]);
});
