import assert from 'node:assert/strict';
import test from 'node:test';
import { fields } from '@watchbill/kit/testing';
import type { DoctorFacts } from '../inspect/inspect.ts';
import { notAsked, seen, unread } from '../inspect/look.ts';
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
import { letterOfAll } from './report.ts';

const HEALTHY = healthyFacts();
const { session, votes, blocks } = HEALTHY;
assert.ok(session.looked && votes.looked && blocks.looked);

const stores = (...all: readonly (readonly [path: string, changes: object])[]) => ({
  keystores: all.map(([path, changes]) => seen(keystore(path, changes))),
});
const unit = (changes: object) => ({ unit: seen(unitFacts(changes)) });
const ofOther = (changes: object) => ({ otherUnits: [seen({ ...unitFacts(changes), host: 'old' })] });
const own = (changes: object) => seen(nodeFacts('ws://own', changes));
const disk = (freeGib: number) => ({
  disk: seen({ path: '/db', freeBytes: freeGib * 2 ** 30, totalBytes: 1_000 * 2 ** 30 }),
});
const staking = (changes: object) => ({ staking: seen(stakingFacts(changes)) });
const points = (changes: object) => staking({ points: { ...stakingFacts().points, ...changes } });
const STARTERS = { starters: [], upgrade: null, closed: [], unknown: [] };
const PROCESSES = { nodes: [], mounts: [], dataRoots: [], guards: [], closed: 0 };
const OPEN_RPC = { exposed: seen([{ address: '10.0.0.1:9944', unsafe: seen('answered' as const) }]) };
const [granKey, babeKey, audiKey] = [keyFile('gran', GRAN), keyFile('babe', BABE), keyFile('audi', GRAN)];
const DOT = 10n ** 10n;

const GUARDED = { guarded: true, restartMs: 100, watchdogMs: 30_000, startedBy: ['node.timer'] };
const SEALED = {
  ...{ held: unread('the node refuses author_hasKey'), sealed: seen([granKey.file, babeKey.file]) },
  ...{ ...unit({ guarded: true }), ...stores(['/keys', { keys: [] }], ['/other', { keys: [] }]) },
};
const NODE = { peerId: '12D3KooW', listens: ['/ip4/10.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/1'] };

/**
 * Facts that neither a seeded machine nor a row of the public cases has, the findings that they give, the
 * checks that could not look, and texts of both.
 */
interface Case {
  readonly facts: Partial<DoctorFacts>;
  readonly finds?: readonly string[];
  /** Begins with `asked` if the input was given. */
  readonly blind?: readonly string[];
  readonly says?: readonly RegExp[];
}

const CASES: Readonly<Record<string, Case>> = {
  'a healthy validator': { facts: {}, blind: [] },
  'a key of another user': {
    facts: stores(['/keys', { keys: [{ ...granKey, uid: 0 }, babeKey] }]),
    finds: ['D keystore-owner'],
  },
  'a slow disk': {
    facts: { diskSync: seen({ path: '/srv', samples: 200, p99Ms: 140 }) },
    finds: ['C disk-sync'],
  },
  'other keys on chain': {
    facts: {
      session: seen({ ...session.value, registered: [{ kind: 'gran', publicKey: `0x${'99'.repeat(32)}` }] }),
    },
    finds: ['D session-held'],
  },
  'a key that votes while its unit is stopped, without a keystore to look at': {
    facts: {
      ...{ own: unread('no connection'), keystores: [], held: unread('no connection') },
      ...{ sealed: notAsked('no'), ...unit({ state: 'failed', file: 'disabled' }) },
    },
    finds: ['E duties-elsewhere', 'D unit-state'],
  },
  'a timer on another machine': {
    facts: ofOther({ file: 'disabled', state: 'inactive', startedBy: ['node.timer'] }),
    finds: ['E unit-elsewhere'],
  },
  'a unit on another machine that a person started': {
    facts: ofOther({ file: 'disabled', atBoot: false, state: 'active' }),
    finds: ['E unit-elsewhere'],
  },
  'a unit of a quadlet on another machine': {
    facts: ofOther({ file: 'generated', atBoot: true }),
    ...{ finds: ['E unit-elsewhere'], says: [/'systemctl mask --now polkadot.service'/] },
  },
  'a fast clock': {
    facts: { clock: seen({ slotMs: 600, agesMs: [2_000], lastAgeMs: 2_100 }) },
    finds: ['D node-clock'],
  },
  'open unsafe RPC': { facts: OPEN_RPC, finds: ['E rpc-exposed'] },
  'a full disk beside a restart': { facts: disk(40), finds: ['E full-disk-restart', 'C disk-space'] },
  'a full disk under the guard, which waits after each start': {
    facts: { ...disk(40), ...unit({ guarded: true }) },
    finds: ['C disk-space'],
  },
  'faults of several groups, the worst letter first, and causes of slashing first within it': {
    facts: { ...stores(['/keys', { mode: 0o777 }], ['/backup', {}]), ...OPEN_RPC, own: own({ peers: 2 }) },
    finds: ['F keystore-shared', 'E keystore-modes', 'E rpc-exposed', 'C node-peers'],
  },
  'two peers on a chain of four authorities': { facts: { own: own({ peers: 2 }) }, finds: ['C node-peers'] },
  'two peers on a chain whose size is not known': {
    facts: { own: own({ peers: 2 }), blocks: notAsked('no key') },
    blind: ['duties-blocks'],
  },
  'keys without a danger in two of three keystores': {
    facts: stores(['/keys', {}], ['/a', { keys: [audiKey] }], ['/b', { keys: [audiKey] }]),
    ...{ finds: ['C keystore-shared'], says: [/^\/a, \/b$/m] },
  },
  'an unsealed copy of a sealed key': {
    facts: { sealed: seen([granKey.file]), ...stores(['/keys', {}]) },
    finds: ['E keystore-outside-guard'],
    says: [/^watchbill guard seal --remove --keystore \/keys .*only after the identity/m],
  },
  'an unsealed copy of a sealed key on another machine': {
    facts: { sealed: seen([granKey.file, babeKey.file]), ...stores(['/keys', { host: 'bravo' }]) },
    finds: ['E keystore-outside-guard', 'E unit-enabled'],
    says: [/^if the identity opens each .*: ssh bravo 'shred -u \/keys\//m],
  },
  'a stake that is 4 DOT above the floor': {
    facts: staking({ bonded: 10_004n * DOT }),
    ...{ finds: ['C staking-bond'], says: [/the buffer is 4 DOT/] },
  },
  'rewards of more than a quarter of the history ago': {
    facts: staking({
      unpaid: [
        { era: 1_816, pages: 3 },
        { era: 1_820, pages: 1 },
      ],
    }),
    finds: ['D staking-payouts'],
    says: [
      /^rewards of 2 eras are not paid out, and expire from the end of this era on$/m,
      /4 pages of era 1816, 1820 are unpaid/,
    ],
  },
  'rewards of a quarter of the history ago': { facts: staking({ unpaid: [{ era: 1_838, pages: 1 }] }) },
  'no points, early in an era': { facts: points({ own: 0, earning: 500 }), blind: ['staking-points'] },
  'no points, and no seat': { facts: points({ own: 0, elected: false }), blind: [] },
  'readings that failed': {
    facts: { clock: unread('ws://own did not answer'), disk: unread('no') },
    blind: ['asked node-clock', 'asked disk-space', 'asked full-disk-restart'],
    says: [/^ws:\/\/own did not answer\nno\nno$/],
  },
  'a disk that was not asked for': {
    facts: { disk: notAsked('no --database') },
    blind: ['disk-space', 'full-disk-restart'],
  },
  'a further node that signs': {
    facts: { further: ['RPC of moon'] },
    ...{ blind: ['node-further'], says: [/^RPC of moon$/] },
  },
  'places and processes that this user cannot read': {
    facts: {
      starters: seen({ ...STARTERS, closed: ['/var/spool/cron/crontabs'] }),
      processes: seen({ ...PROCESSES, closed: 3 }),
    },
    blind: ['keystore-file-mounts', 'keystore-processes', 'unit-started', 'container-started'],
  },
  'a clock without a new block, and a version without numbers': {
    facts: {
      clock: seen({ slotMs: 6_000, agesMs: [], lastAgeMs: 20_000 }),
      own: own({ version: 'nightly' }),
    },
    blind: ['node-clock', 'asked node-version'],
  },
  'too few blocks and rounds, and a folder that is listed twice': {
    facts: {
      blocks: seen({ ...blocks.value, authorities: 600, authored: 0 }),
      votes: seen({ ...votes.value, voted: 0, votedLater: 0, rounds: 1 }),
      ...stores(['/keys', { identity: '1:2' }], ['/link', { identity: '1:2' }]),
    },
    blind: ['duties-blocks', 'duties-votes'],
    says: [/give --blocks 4142\n/],
  },
  'one node at two addresses, which is alone by its settings': {
    facts: {
      own: own({ ...NODE, peers: 0, shouldHavePeers: false }),
      others: [seen(nodeFacts('ws://other', { ...NODE, listens: NODE.listens.toReversed() }))],
    },
  },
  'keys of a keystore, beside a node that does not say what it holds': { facts: { held: SEALED.held } },
  'keys that a guard has sealed': { facts: SEALED },
  // While the guard waits, the node itself holds no key.
  'the same, and the node has none of them': {
    facts: { ...SEALED, held: seen({ address: 'ws://own', keys: [] }) },
  },
  'the guard, which restarts by its own rules, with keys in memory': {
    facts: {
      ...{ ...unit(GUARDED), ...ofOther(GUARDED), ...stores(['/run/keys', { inMemory: true }]) },
      sealed: seen([granKey.file]),
    },
  },
  'a full node without keys, and without a validator to look for': {
    facts: {
      ...{ own: own({ roles: ['Full'] }), session: notAsked('no'), held: notAsked('no') },
      ...{ keystores: [], unit: notAsked('no') },
    },
  },
};

const look = (changes: Partial<DoctorFacts> = {}) => examine({ ...HEALTHY, ...changes }, null);

for (const [name, { facts, finds = [], blind, says = [] }] of Object.entries(CASES))
  test(`${name}: ${finds.length === 0 ? 'no finding' : finds.join(', ')}`, () => {
    const report = look(facts);
    const { findings, notLooked, groups } = report;
    assert.deepEqual(
      findings.map(({ letter, check }) => `${letter} ${check}`),
      finds,
    );
    const unseen = notLooked.map(({ check, asked }) => `${asked ? 'asked ' : ''}${check}`);
    if (blind !== undefined) assert.deepEqual(unseen, blind);
    const texts = findings.flatMap(({ subject, what, evidence, cost, mend }) =>
      [subject, what, evidence, cost, mend].flat(),
    );
    assert.ok(!texts.includes(''), 'every part has a text');
    for (const text of says) assert.match([...texts, ...notLooked.map(({ why }) => why)].join('\n'), text);
    // A group of which a check could not look has at most a B.
    const letterOf = (id: string) => groups.find((group) => group.id === id)?.letter;
    for (const { group } of notLooked) assert.notEqual(letterOf(group), 'A');
    const [worst] = findings;
    const letter = worst?.letter;
    if (worst !== undefined) assert.equal(letterOf(worst.group), letter);
    const silent = notLooked.some(({ asked }) => asked) ? 'unknown' : letter === 'C' ? 'risk' : 'good';
    assert.equal(standingOf(report), letter === undefined || letter === 'C' ? silent : 'bad');
  });

test('a healthy validator has an A in every group, and a B where a check could not look', () => {
  assert.deepEqual([...new Set(look().groups.map(({ letter }) => letter))], ['A']);
  const { groups } = look({ clock: unread('no'), disk: unread('no'), further: ['RPC of moon'] });
  assert.deepEqual(groups.filter(({ letter }) => letter !== 'A').map(fields('id', 'letter')), [
    ['node', 'B'],
    ['disk', 'B'],
  ]);
});

test('no keystore, and keystores of which one cannot be read, leave the key checks unknown', () => {
  const none = look({ keystores: [] });
  const letterOf = (report: typeof none) => report.groups.find(({ id }) => id === 'keystore')?.letter;
  assert.equal(letterOf(none), 'B', 'the node knows its keys, and mounts were looked at');
  const strange = { ...granKey, danger: 'unknown' } as const;
  const half = look({ keystores: [seen(keystore('/keys', { keys: [strange] })), unread('denied')] });
  assert.ok(half.notLooked.some(({ check, asked }) => check === 'keystore-content' && asked));
  assert.equal(letterOf(half), 'B');
  assert.equal(standingOf(half), 'unknown');
  // A key that is not in the readable keystore may be in the other one.
  const lost = [seen(keystore('/keys', { keys: [] })), unread('denied')];
  assert.deepEqual(look({ held: notAsked('no'), keystores: lost }).findings, []);
});

test('the disk fills at the rate since the last report, and a moment shows no rate', () => {
  const { atMs } = HEALTHY;
  const moment = look({ atMs: atMs - 60_000, ...disk(510) });
  assert.deepEqual(examine(HEALTHY, moment).findings, []);
  const before = look({ atMs: atMs - 86_400_000, ...disk(510) });
  assert.deepEqual(examine(HEALTHY, before).findings, [], '10 GiB a day last for 50 days');
  const soon = examine({ ...HEALTHY, ...disk(100) }, before);
  assert.deepEqual(soon.findings.map(fields('letter', 'what')), [['D', 'the disk is full in 0.2 days']]);
});

test('a node that is down is no alarm while its keys are elsewhere, sealed, or silent', () => {
  const ofDuties = (changes: Partial<DoctorFacts>) => {
    const { findings, notLooked } = look({ own: unread('no connection'), ownIsDown: true, ...changes });
    return [
      ...findings.filter(({ check }) => check === 'duties-elsewhere').map(({ letter }) => letter),
      ...notLooked.filter(({ check }) => check === 'duties-elsewhere').map(({ asked }) => asked),
    ];
  };
  assert.deepEqual(ofDuties({}), ['F']);
  assert.deepEqual(ofDuties(stores(['/keys', { keys: [] }])), []);
  assert.deepEqual(ofDuties({ ...unit({ guarded: true, state: 'failed' }), keystores: [] }), []);
  assert.deepEqual(ofDuties({ votes: seen({ ...votes.value, votedLater: 0 }) }), []);
  assert.deepEqual(ofDuties({ votes: seen({ ...votes.value, votedLater: 0, later: 0 }) }), [false]);
  // A node that cannot be reached may run.
  assert.deepEqual(ofDuties({ ownIsDown: false, unit: notAsked('no --unit') }), [true]);
  assert.deepEqual(ofDuties({ ownIsDown: false }), []);
});

test('an old database is no alarm without its keys, or without a later signature', () => {
  const weekAgo = NOW_MS - 7 * 86_400_000;
  const isFound = (changes: Partial<DoctorFacts>): boolean => {
    const database = seen({ path: '/db', newestMs: weekAgo });
    return look({ database, ...changes }).findings.some(({ check }) => check === 'database-age');
  };
  assert.equal(isFound({}), true);
  assert.equal(isFound(stores(['/keys', { keys: [] }])), false);
  const silent = seen({ ...blocks.value, authored: 0, lastAuthoredMs: weekAgo });
  assert.equal(isFound({ votes: notAsked('no --rpc'), blocks: silent }), false);
});

test('the bond that a finding advises is enough, and a hundred planck less is too little', () => {
  const [low] = look(staking({ bonded: 10_004n * DOT })).findings;
  const [tokens = '', parts = ''] = (/bond ([\d.]+) DOT more/.exec(low?.mend ?? '')?.[1] ?? '').split('.');
  const needed = 10_004n * DOT + BigInt(`${tokens}${parts.padEnd(10, '0')}`);
  assert.deepEqual(look(staking({ bonded: needed })).findings, []);
  assert.equal(look(staking({ bonded: needed - 100n })).findings.length, 1);
});

test('keys of a rotation that is under way are not strays, in whatever list the chain has them', () => {
  const keys = session.value.registered ?? [];
  const rotated = keys.map(({ kind }) => ({ kind, publicKey: `0x${'55'.repeat(32)}` }));
  const outside = {
    blocks: seen({ ...blocks.value, own: null }),
    votes: seen({ ...votes.value, own: null }),
  };
  const strays = (changes: object, more: Partial<DoctorFacts>) => {
    const none = { registered: rotated, queued: null, active: [] };
    const { findings } = look({ ...more, session: seen({ ...session.value, ...none, ...changes }) });
    return findings.filter(({ check }) => check === 'session-strays').length;
  };
  assert.equal(strays({}, outside), 1);
  for (const list of ['active', 'queued']) assert.equal(strays({ [list]: keys }, outside), 0, list);
  assert.equal(strays({}, {}), 0, 'the authorities of this moment');
});

test('the letter of all is A only if each group of this machine was looked at', () => {
  const report = look();
  const ofAll = (letters: Readonly<Record<string, 'A' | '-'>>) =>
    letterOfAll({
      ...report,
      groups: report.groups.map((one) => ({ ...one, letter: letters[one.id] ?? 'A' })),
    });
  assert.equal(ofAll({ staking: '-', others: '-', speed: '-' }), 'A');
  assert.equal(ofAll({ node: '-' }), 'B');
});
