import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { coordinate } from './coordinate.ts';
import { fleet } from './fleet.ts';
import { nominate } from './nominate.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = 1_795_366_594_000;

describe('nominate', () => {
  const health = {
    healthy: true,
    nowMs: NOW_MS,
    checks: [{ name: 'storage', ok: true, detail: 'the database answers' }],
    round: { id: 'a', era: 1512, madeAtMs: NOW_MS - 2 * HOUR_MS },
  };
  const rounds = { rows: [{ ...health.round, nominatedCount: 16 }], total: 41, next: null };
  const jobs = {
    rows: [
      { name: 'snapshot', nextMs: NOW_MS },
      { name: 'round', nextMs: NOW_MS + 240_000 },
    ],
  };

  test('the newest round, what it nominated, and the next check', () => {
    assert.deepEqual(nominate.say([health, rounds, jobs]), {
      isWell: true,
      sentence:
        'the newest round, of era 1512, ended 2 hours ago and nominated 16 validators; it checks in 4 minutes if the next round is due',
    });
  });

  test('answers that did not come leave their part out', () => {
    const said = nominate.say([health, undefined, { code: 'busy' }]);
    assert.equal(said?.sentence, 'the newest round, of era 1512, ended 2 hours ago');
    const fresh = nominate.say([
      { ...health, round: null },
      { rows: [] },
      { rows: [{ name: 'round', nextMs: NOW_MS }] },
    ]);
    assert.equal(fresh?.sentence, 'no round was decided yet; it checks now if the next round is due');
  });

  test('what is not well comes first', () => {
    const failed = (name: string) => ({ name, ok: false, detail: `the ${name} is old` });
    const checks = [...health.checks, failed('snapshot'), failed('heads'), failed('relay')];
    assert.deepEqual(nominate.say([{ ...health, healthy: false, checks }, rounds]), {
      isWell: false,
      sentence:
        'not healthy: snapshot: the snapshot is old, and 2 more checks; the newest round, of era 1512, ended 2 hours ago and nominated 16 validators',
    });
  });
});

describe('coordinate', () => {
  const peer = (name: string, isConnected = true) => ({ seat: 1, name, isConnected });
  const status = {
    ...{ name: 'demo', height: '130', problems: [] as string[] },
    window: { index: '41', leader: 'bravo' } as object | null,
    peers: [peer('bravo'), peer('carol'), peer('dave', false)],
  };
  const receipt = (action: string, result: string, height: string | null) => ({ action, result, height });
  const windows = {
    windows: [
      { from: '40', receipts: [] },
      { from: '39', receipts: [receipt('call', 'step', null), receipt('call', 'done-by-another', '123')] },
      { from: '38', receipts: [receipt('sweep', 'failed', null)] },
    ],
  };

  test('the leader, the members in reach and the newest action', () => {
    assert.deepEqual(coordinate.say([status, windows]), {
      isWell: true,
      sentence:
        'bravo leads window 41 of group demo; 2 of 3 other members are connected; last action call: done by another in block 123',
    });
  });

  test('between windows, before the first block, and without records', () => {
    const say = (change: object, last?: object) => coordinate.say([{ ...status, ...change }, last])?.sentence;
    assert.equal(
      say({ window: null, peers: [peer('bravo')] }, { windows: [{ receipts: [] }] }),
      'no window is open at block 130 of group demo; 1 of 1 other member is connected; no action in the last 1 window',
    );
    assert.equal(
      say({ window: null, height: null, peers: [], problems: ['the node has not reported a height yet'] }),
      'not healthy: the node has not reported a height yet; no block is known yet of group demo',
    );
    assert.match(say({}, { windows: [] }) ?? '', /; no window has ended yet$/);
  });

  test('an operator with several seats counts once, and not among the others', () => {
    const peers = [peer('alpha', false), peer('bravo', false), peer('bravo'), peer('carol', false)];
    const said = coordinate.say([{ ...status, operator: 'alpha', peers }]);
    assert.match(said?.sentence ?? '', /; 1 of 2 other members are connected$/);
  });

  test('a problem is not well', () => {
    assert.equal(coordinate.say([{ ...status, problems: ['one'] }])?.isWell, false);
  });
});

describe('fleet', () => {
  const nodes = { asked: 9, answering: 9, silent: [] as string[] };
  const signers = { expected: 4, inSet: 4, outside: [] as string[] };
  const status = (look: object | null) => [{ network: 'trial', place: 'here', look }];

  test('nodes that answer and signers in the set', () => {
    assert.deepEqual(fleet.say(status({ ageMs: 12_000, nodes, signers })), {
      isWell: true,
      sentence:
        '9 of 9 nodes of trial answer; 4 of 4 signers are known to be in the set; seen 12 seconds ago',
    });
  });

  test('the missing ones have names, the first three', () => {
    const silent = ['a', 'b', 'c', 'd', 'e'];
    const said = fleet.say(
      status({
        ageMs: 0,
        nodes: { asked: 9, answering: 4, silent },
        signers: { expected: 1, inSet: 0, outside: ['v'] },
      }),
    );
    assert.deepEqual(said, {
      isWell: false,
      sentence:
        '4 of 9 nodes of trial answer, not a, b, c and 2 more; 0 of 1 signer is known to be in the set, not v; seen 0 seconds ago',
    });
  });

  test('an unknown signer is neither in the set nor outside, and not well', () => {
    const said = fleet.say(status({ ageMs: 0, nodes, signers: { expected: 4, inSet: 3, outside: [] } }));
    assert.equal(said?.isWell, false);
    assert.match(said?.sentence ?? '', /3 of 4 signers are known to be in the set; seen/);
  });

  test('without a recent look, the nodes are unknown', () => {
    const said = fleet.say(status(null));
    assert.equal(said?.isWell, false);
    assert.match(said?.sentence ?? '', /^the nodes of trial are unknown/);
  });

  test('a fleet without signers, and one whose nodes are not asked', () => {
    const none = { expected: 0, inSet: 0, outside: [] };
    const one = { asked: 1, answering: 1, silent: [] };
    assert.equal(
      fleet.say(status({ ageMs: 0, nodes: one, signers: none }))?.sentence,
      '1 of 1 node of trial answers; seen 0 seconds ago',
    );
    const unasked = fleet.say(
      status({ ageMs: 0, nodes: { asked: 0, answering: 0, silent: [] }, signers: none }),
    );
    assert.deepEqual(unasked, { isWell: false, sentence: 'no node of trial is asked; seen 0 seconds ago' });
  });
});

test('an answer of another shape is none of the three', () => {
  const others = [
    undefined,
    null,
    7,
    'text',
    [],
    {},
    { healthy: 'yes' },
    { look: {} },
    { network: 'n', look: {} },
  ];
  for (const capability of [nominate, coordinate, fleet])
    for (const other of others) assert.equal(capability.say([other]), null, JSON.stringify(other));
});
