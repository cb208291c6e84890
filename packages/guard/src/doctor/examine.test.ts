import assert from 'node:assert/strict';
import test from 'node:test';
import { field, fields } from '@watchbill/kit/testing';
import {
  BABE,
  GRAN,
  healthyFacts,
  keyFile,
  keystore,
  NOW_MS,
  nodeFacts,
  stakingFacts,
  unitFacts,
} from '../testing/doctor-facts.ts';
import { examine, standingOf } from './examine.ts';
import { type DoctorFacts, notAsked, seen, unread } from './facts.ts';

/** A fault: its name, the facts that differ, and the finding that they have to give. */
type Fault = readonly [string, (facts: DoctorFacts) => Partial<DoctorFacts>, readonly string[]];

const ofUnit =
  (changes: object): Fault[1] =>
  ({ unit }) =>
    unit.looked ? { unit: seen({ ...unit.value, ...changes }) } : {};
const ofKeystore =
  (changes: object): Fault[1] =>
  ({ keystores: [, other] }) => ({
    keystores: [seen(keystore('/keys', changes)), ...(other === undefined ? [] : [other])],
  });
const ofDisk =
  (freeGib: number): Fault[1] =>
  () => ({ disk: seen({ path: '/db', freeBytes: freeGib * 2 ** 30, totalBytes: 1_000 * 2 ** 30 }) });
const ofSession =
  (changes: object): Fault[1] =>
  ({ session }) =>
    session.looked ? { session: seen({ ...session.value, ...changes }) } : {};
const ofOther =
  (changes: object): Fault[1] =>
  () => ({ otherUnits: [seen({ host: 'old', unit: unitFacts(changes) })] });
const STARTERS = { starters: [], upgrade: null, closed: [], unknown: [] };
const PROCESSES = { nodes: [], mounts: [], dataRoots: [], closed: 0 };
const MADE = { blocks: 60, authored: 0, lastAuthoredMs: null };
const BLOCKS = { engine: 'babe', own: GRAN, authorities: 4, ...MADE } as const;
const VOTES = { own: GRAN, authorities: 4, rounds: 3, voted: 0, later: 1, votedLater: 0, listenedMs: 2_000 };
const [granKey, babeKey] = [keyFile('gran', GRAN), keyFile('babe', BABE)];

/** Faults that neither a seeded machine nor a row of the public cases shows. */
const FAULTS: readonly Fault[] = [
  ['a key of another user', ofKeystore({ keys: [{ ...granKey, uid: 0 }, babeKey] }), ['D keystore-owner']],
  ['a slow disk', () => ({ diskSync: seen({ path: '/srv', samples: 200, p99Ms: 140 }) }), ['C disk-sync']],
  [
    'other keys on chain',
    ofSession({ registered: [{ kind: 'gran', publicKey: `0x${'99'.repeat(32)}` }] }),
    ['D session-same-keys', 'D session-held'],
  ],
  [
    'a key that votes while its unit is stopped, without a keystore to look at',
    () => ({
      ...{ own: unread('no connection'), keystores: [], held: unread('no connection') },
      sealed: notAsked('no'),
      unit: seen(unitFacts({ state: 'failed', file: 'disabled' })),
    }),
    ['E duties-elsewhere', 'D unit-state'],
  ],
  [
    'a timer on another machine',
    ofOther({ file: 'disabled', startedBy: ['node.timer'] }),
    ['E unit-elsewhere'],
  ],
  ['a service that starts the node', ofUnit({ startedBy: ['keepalived.service'] }), ['E unit-started']],
  [
    'a fast clock',
    () => ({ clock: seen({ slotMs: 600, agesMs: [2_000], lastAgeMs: 2_100 }) }),
    ['D node-clock'],
  ],
  [
    'open unsafe RPC',
    () => ({ exposed: seen([{ address: '10.0.0.1:9944', unsafe: seen('answered' as const) }]) }),
    ['E rpc-exposed'],
  ],
  ['a full disk beside a restart', ofDisk(40), ['E full-disk-restart', 'C disk-space']],
  [
    'a full disk under the guard, which waits after each start',
    (facts) => ({ ...ofDisk(40)(facts), unit: seen(unitFacts({ guarded: true })) }),
    ['C disk-space'],
  ],
];

const look = (changes: Partial<DoctorFacts> = {}) => examine({ ...healthyFacts(), ...changes }, null);
/** Findings as `LETTER check`. */
const found = ({ findings }: ReturnType<typeof look>) =>
  findings.map(({ letter, check }) => `${letter} ${check}`);

test('a healthy validator has an A in every group', () => {
  const report = look();
  assert.deepEqual(report.findings, []);
  assert.deepEqual(report.notLooked, []);
  assert.deepEqual([...new Set(report.groups.map(({ letter }) => letter))], ['A']);
  assert.equal(standingOf(report), 'good');
});

for (const [name, change, expected] of FAULTS) {
  test(`${name} is found, and nothing else`, () => {
    const facts = healthyFacts();
    const report = look({ ...change(facts) });
    assert.deepEqual(found(report), expected);
    for (const { what, subject, cost, mend, evidence } of report.findings)
      assert.ok(
        [what, subject, cost, mend, ...evidence].every((text) => text !== ''),
        'every part has a text',
      );
    const [worst] = report.findings;
    assert.equal(report.groups.find(({ id }) => id === worst?.group)?.letter, worst?.letter);
    assert.equal(standingOf(report), worst?.letter === 'C' ? 'risk' : 'bad');
  });
}

test('a reading that failed is never good: not looked, at most B, and an own exit status', () => {
  const report = look({ clock: unread('ws://own did not answer'), disk: unread('no') });
  assert.deepEqual(report.findings, []);
  const letters = new Map(report.groups.map(({ id, letter }) => [id, letter]));
  assert.equal(letters.get('node'), 'B');
  assert.equal(letters.get('disk'), 'B');
  assert.deepEqual(report.notLooked.map(fields('check', 'why')), [
    ['node-clock', 'ws://own did not answer'],
    ['disk-space', 'no'],
    ['full-disk-restart', 'no'],
  ]);
  assert.equal(standingOf(report), 'unknown');
  assert.equal(standingOf(look({ disk: notAsked('no --database') })), 'good');
});

test('a further node that signs keeps the group of the node from an A', () => {
  const report = look({ further: ['RPC of moon'] });
  assert.deepEqual(report.notLooked.map(field('why')), ['RPC of moon']);
  assert.equal(report.groups.find(({ id }) => id === 'node')?.letter, 'B');
});

test('no keystore, and keystores of which one cannot be read, leave the key checks unknown', () => {
  const facts = healthyFacts();
  const none = look({ keystores: [] });
  const letterOf = (report: typeof none) => report.groups.find(({ id }) => id === 'keystore')?.letter;
  assert.equal(letterOf(none), 'B', 'the node knows its keys, and mounts were looked at');
  const strange = { ...keyFile('gran', GRAN), danger: 'unknown' } as const;
  const half = look({ keystores: [seen(keystore('/keys', { keys: [strange] })), unread('denied')] });
  assert.ok(half.notLooked.some(({ check, asked }) => check === 'keystore-content' && asked));
  assert.equal(letterOf(half), 'B');
  assert.equal(standingOf(half), 'unknown');
  // A key that is not in the readable keystore may be in the other one.
  const lost = {
    ...facts,
    held: notAsked('no'),
    keystores: [seen(keystore('/keys', { keys: [] })), unread('denied')],
  };
  assert.deepEqual(examine(lost, null).findings, []);
});

test('keys count as held by the own node, by a keystore, or by the seal of a guard', () => {
  const facts = healthyFacts();
  const away = { ...facts, held: unread('the node refuses author_hasKey') };
  assert.deepEqual(examine(away, null).findings, []);
  const files = [keyFile('gran', GRAN), keyFile('babe', `0x${'d4'.repeat(32)}`)].map(({ file }) => file);
  const empty = [seen(keystore('/keys', { keys: [] })), seen(keystore('/other', { keys: [] }))];
  const { unit } = facts;
  const guarded = unit.looked ? seen({ ...unit.value, guarded: true }) : unit;
  const sealed = { ...away, unit: guarded, keystores: empty, sealed: seen(files) };
  assert.deepEqual(examine(sealed, null).findings, []);
  // While the guard waits, the node itself holds no key.
  const waiting = { ...sealed, held: seen({ address: 'ws://own', keys: [] }) };
  assert.deepEqual(examine(waiting, null).findings, []);
});

test('two peers are few on a chain of four authorities, and fine on one whose size is not known', () => {
  const own = seen(nodeFacts('ws://own', { peers: 2 }));
  assert.equal(look({ own }).findings.length, 1);
  assert.deepEqual(look({ own, blocks: notAsked('no key') }).findings, []);
});

test('keys that only the same two keystores share are one finding, which is C without a dangerous key', () => {
  const audi = keystore('/a', { keys: [keyFile('audi', GRAN)] });
  const keystores = [seen(keystore('/keys')), seen(audi), seen({ ...audi, path: '/b', identity: '/b' })];
  assert.deepEqual(look({ keystores }).findings.map(fields('letter', 'subject')), [['C', '/a, /b']]);
});

test('the guard has its own restart rules, and keys in memory are where they belong', () => {
  const facts = healthyFacts();
  const { unit } = facts;
  assert.ok(unit.looked);
  const given = {
    ...unit.value,
    guarded: true,
    restartMs: 100,
    watchdogMs: 30_000,
    startedBy: ['node.timer'],
  };
  const guarded = seen(given);
  const inMemory = [seen(keystore('/run/keys', { inMemory: true }))];
  const sealed = seen([keyFile('gran', GRAN).file]);
  const otherUnits = [seen({ host: 'standby', unit: given })];
  assert.deepEqual(look({ unit: guarded, otherUnits, keystores: inMemory, sealed }).findings, []);
});

test('too few blocks or rounds show no absence, and a folder that is listed twice shares no key with itself', () => {
  const same = keystore('/keys', { identity: '1:2' });
  const report = look({
    blocks: seen({ ...BLOCKS, authorities: 600 }),
    votes: seen({ ...VOTES, rounds: 1 }),
    keystores: [seen(same), seen({ ...same, path: '/link' })],
  });
  assert.deepEqual(report.findings, []);
  assert.deepEqual(report.notLooked.map(field('check')), ['duties-blocks', 'duties-votes']);
  assert.match(report.notLooked[0]?.why ?? '', /give --blocks 4142$/);
});

test('one node at two addresses is not a clone, and a node alone by its settings needs no peers', () => {
  const own = { peerId: '12D3KooW', listens: ['/ip4/10.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/1'], peers: 0 };
  const same = nodeFacts('ws://other', { ...own, listens: own.listens.toReversed() });
  const alone = seen(nodeFacts('ws://own', { ...own, shouldHavePeers: false }));
  assert.deepEqual(look({ own: alone, others: [seen(same)] }).findings, []);
});

test('a clock without a new block, and versions without numbers, are unknown', () => {
  const report = look({
    clock: seen({ slotMs: 6_000, agesMs: [], lastAgeMs: 20_000 }),
    own: seen(nodeFacts('ws://own', { version: 'nightly' })),
  });
  assert.deepEqual(report.findings, []);
  assert.deepEqual(report.notLooked.map(field('check')), ['node-clock', 'node-version']);
});

test('the disk fills at the rate since the last report, and a moment shows no rate', () => {
  const facts = healthyFacts();
  const moment = look({ atMs: facts.atMs - 60_000, ...ofDisk(510)(facts) });
  assert.deepEqual(examine(facts, moment).findings, []);
  const before = look({ atMs: facts.atMs - 86_400_000, ...ofDisk(510)(facts) });
  assert.deepEqual(examine(facts, before).findings, [], '10 GiB a day last for 50 days');
  const soon = examine({ ...facts, ...ofDisk(100)(facts) }, before);
  assert.deepEqual(
    soon.findings.map(({ letter, what }) => `${letter} ${what}`),
    ['D the disk is full in 0.2 days'],
  );
});

test('findings are ranked: the worst letter first, and causes of slashing first within it', () => {
  const report = look({
    keystores: [seen(keystore('/keys', { mode: 0o777 })), seen(keystore('/backup'))],
    exposed: seen([{ address: '10.0.0.1:9944', unsafe: seen('answered' as const) }]),
    own: seen(nodeFacts('ws://own', { peers: 2 })),
  });
  assert.deepEqual(found(report), ['F keystore-shared', 'E keystore-modes', 'E rpc-exposed', 'C node-peers']);
});

test('a node that is down is no alarm while its keys are elsewhere, sealed, or silent', () => {
  const facts = healthyFacts();
  const down = { ...facts, own: unread('no connection'), ownIsDown: true };
  const ofDuties = (changes: Partial<DoctorFacts>) => {
    const { findings, notLooked } = examine({ ...down, ...changes }, null);
    return [
      ...findings.filter(({ check }) => check === 'duties-elsewhere').map(({ letter }) => letter),
      ...notLooked.filter(({ check }) => check === 'duties-elsewhere').map(({ asked }) => asked),
    ];
  };
  const { votes } = facts;
  assert.ok(votes.looked);
  assert.deepEqual(ofDuties({}), ['F']);
  assert.deepEqual(ofDuties({ keystores: [seen(keystore('/keys', { keys: [] }))] }), []);
  const guarded = { unit: seen(unitFacts({ guarded: true, state: 'failed' })), keystores: [] };
  assert.deepEqual(ofDuties(guarded), []);
  assert.deepEqual(ofDuties({ votes: seen({ ...votes.value, votedLater: 0 }) }), []);
  assert.deepEqual(ofDuties({ votes: seen({ ...votes.value, votedLater: 0, later: 0 }) }), [false]);
  // A node that cannot be reached may run.
  assert.deepEqual(ofDuties({ ownIsDown: false, unit: notAsked('no --unit') }), [true]);
  assert.deepEqual(ofDuties({ ownIsDown: false }), []);
});

test('an old database is no alarm without its keys, or without a later signature', () => {
  const old = { database: seen({ path: '/db', newestMs: NOW_MS - 7 * 86_400_000 }) };
  const check = (changes: Partial<DoctorFacts>) =>
    look({ ...old, ...changes }).findings.filter((each) => each.check === 'database-age');
  assert.equal(check({}).length, 1);
  assert.equal(check({ keystores: [seen(keystore('/keys', { keys: [] }))] }).length, 0);
  const silent = {
    votes: notAsked('no --rpc'),
    blocks: seen({ ...BLOCKS, own: BABE, lastAuthoredMs: NOW_MS - 7 * 86_400_000 }),
  };
  assert.equal(check(silent).length, 0);
});

test('what this user cannot read is not looked at, and is not a finding', () => {
  const report = look({
    starters: seen({ ...STARTERS, closed: ['/var/spool/cron/crontabs'] }),
    processes: seen({ ...PROCESSES, closed: 3 }),
  });
  assert.deepEqual(report.findings, []);
  assert.deepEqual(report.notLooked.map(fields('check', 'asked')), [
    ['keystore-file-mounts', false],
    ['keystore-processes', false],
    ['unit-started', false],
    ['container-started', false],
  ]);
});

test('the stake is enough at 101.02 % of the floor, rewards have time until a quarter of the history is left', () => {
  const DOT = 10n ** 10n;
  const findings = (changes: Parameters<typeof stakingFacts>[0]) =>
    look({ staking: seen(stakingFacts(changes)) });
  const [low] = findings({ bonded: 10_004n * DOT }).findings;
  assert.match(low?.evidence.join() ?? '', /the buffer is 4 DOT/);
  // The bond that it advises is enough, and a hundred planck less is too little.
  const [tokens = '', parts = ''] = (/bond ([\d.]+) DOT more/.exec(low?.mend ?? '')?.[1] ?? '').split('.');
  const needed = 10_004n * DOT + BigInt(`${tokens}${parts.padEnd(10, '0')}`);
  assert.deepEqual(findings({ bonded: needed }).findings, []);
  assert.equal(findings({ bonded: needed - 100n }).findings.length, 1);
  assert.deepEqual(findings({ unpaid: [{ era: 1_838, pages: 1 }] }).findings, []);
  const [late] = findings({
    unpaid: [
      { era: 1_816, pages: 3 },
      { era: 1_820, pages: 1 },
    ],
  }).findings;
  assert.match(
    late?.what ?? '',
    /^rewards of 2 eras are not paid out, and expire from the end of this era on$/,
  );
  assert.match(late?.evidence.join() ?? '', /4 pages of era 1816, 1820 are unpaid/);
});

test('an absence of points early in an era shows nothing, and a stash that is not elected needs none', () => {
  const facts = healthyFacts();
  const look = (points: object) => {
    const given = stakingFacts().points;
    const report = examine(
      { ...facts, staking: seen(stakingFacts({ points: { ...given, ...points } })) },
      null,
    );
    return [report.findings.length, report.notLooked.map(({ check }) => check)];
  };
  assert.deepEqual(look({ own: 0, earning: 500 }), [0, ['staking-points']]);
  assert.deepEqual(look({ own: 0, elected: false }), [0, []]);
});

test('keys of a rotation that is under way are not strays, in whatever list the chain has them', () => {
  const facts = healthyFacts();
  const { session, blocks, votes } = facts;
  assert.ok(session.looked && blocks.looked && votes.looked);
  const keys = session.value.registered ?? [];
  const rotated = keys.map(({ kind }) => ({ kind, publicKey: `0x${'55'.repeat(32)}` }));
  const outside = {
    blocks: seen({ ...blocks.value, own: null }),
    votes: seen({ ...votes.value, own: null }),
  };
  const strays = (changes: object, more: Partial<DoctorFacts>) => {
    const none = { given: null, registered: rotated, queued: null, active: [] };
    const given = { ...facts, ...more, session: seen({ ...session.value, ...none, ...changes }) };
    return examine(given, null).findings.filter(({ check }) => check === 'session-strays').length;
  };
  assert.equal(strays({}, outside), 1);
  for (const list of ['active', 'queued', 'given']) assert.equal(strays({ [list]: keys }, outside), 0, list);
  assert.equal(strays({}, {}), 0, 'the authorities of this moment');
});

test('a full node without keys and without a validator to look for is no alarm', () => {
  const facts = healthyFacts();
  const own = seen(nodeFacts('ws://own', { roles: ['Full'] }));
  const alone = { ...facts, own, session: notAsked('no'), held: notAsked('no'), keystores: [] };
  assert.deepEqual(examine({ ...alone, unit: notAsked('no') }, null).findings, []);
});

test('an unsealed copy is removed only once its sealed key was opened', () => {
  const mendAt = (host: string | null): string | undefined =>
    look({ sealed: seen([granKey.file]), keystores: [seen({ ...keystore('/keys'), host })] }).findings.find(
      ({ check }) => check === 'keystore-outside-guard',
    )?.mend;
  assert.match(
    mendAt(null) ?? '',
    /^watchbill guard seal --remove --keystore \/keys .*only after the identity/,
  );
  assert.match(mendAt('bravo') ?? '', /^if the identity opens each .*: ssh bravo 'shred -u \/keys\//);
});
