import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryHash, FIRST_PREV, type LedgerEntry } from '@watchbill/duty/rule';
import { type Ledger, LedgerFault, type LedgerItem } from '@watchbill/duty/service';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createHost } from './host.ts';
import { createSeededRandom } from './seeded-random.ts';
import { copyDisk, createSimDisk, loseEntries } from './sim-disk.ts';
import { createSimLedger } from './sim-ledger.ts';

function item(seq: bigint, over: Partial<LedgerEntry> = {}): LedgerItem {
  const entry: LedgerEntry = {
    kind: 'grant',
    ledger: 'l',
    epoch: 'e1',
    chain: 'c',
    key: 'k',
    duty: 'babe',
    seq,
    prev: FIRST_PREV,
    unit: [seq],
    parts: ['seal'],
    digest: null,
    owner: null,
    term: null,
    nonce: 'n',
    service: 's',
    policyVersion: 'p',
    window: 1,
    atMs: 0,
    note: '',
    ...over,
  };
  return { entry, hash: entryHash(entry), decision: null };
}

function setUp(seed = 1) {
  const clock = createVirtualClock({ startMs: 0 });
  const disk = createSimDisk();
  const host = createHost(clock, 'h');
  const open = (lies = false) => {
    const life = host.start(() => {});
    const random = createSeededRandom(`${seed}/${life.number}`);
    return createSimLedger({ life, disk, clock, random, syncMs: [10, 10], lies });
  };
  return { clock, disk, host, open };
}

test('an append is on the disk when it settles, and the next process finds it', async () => {
  const { clock, open, host } = setUp();
  const ledger = open();
  let settled = false;
  void ledger.append([item(9n)]).then(() => {
    settled = true;
  });
  void ledger.bind('one');
  await clock.run(9);
  assert.deepEqual([settled, ledger.head('c/k/babe')], [false, null]);
  await clock.run(10);
  assert.deepEqual([settled, ledger.head('c/k/babe')?.seq], [true, '9']);
  host.crash();
  const again = open();
  assert.deepEqual(
    [again.serviceId, again.ledgerId(), again.head('c/k/babe')?.seq],
    [ledger.serviceId, 'one', '9'],
  );
  await assert.rejects(again.bind('two'), LedgerFault);
});

test('a crash during the sync may or may not keep the write, and no caller gets an answer', async () => {
  const kept = new Set<boolean>();
  for (let seed = 0; seed < 16; seed++) {
    const { clock, open, host, disk } = setUp(seed);
    let settled = false;
    void open()
      .append([item(1n)])
      .then(() => {
        settled = true;
      });
    await clock.run(5);
    host.crash();
    await clock.run(100);
    assert.equal(settled, false);
    kept.add(disk.heads.size === 1);
  }
  assert.deepEqual(kept, new Set([true, false]));
});

test('a full disk refuses and keeps nothing until there is room', async () => {
  const { clock, open, disk } = setUp();
  const ledger: Ledger = open();
  disk.full = true;
  const refused = assert.rejects(ledger.append([item(1n)]), LedgerFault);
  await clock.run(20);
  await refused;
  assert.equal(ledger.heads().size, 0);
  disk.full = false;
  const written = ledger.append([item(1n)]);
  await clock.run(40);
  await written;
  assert.equal(ledger.heads().size, 1);
});

test('a lying disk acknowledges what it has not yet', async () => {
  const { clock, open } = setUp();
  const ledger = open(true);
  let settled = false;
  void ledger.append([item(1n)]).then(() => {
    settled = true;
  });
  await clock.run(1);
  assert.deepEqual([settled, ledger.heads().size], [true, 0]);
  await clock.run(10);
  assert.equal(ledger.heads().size, 1);
});

test('heads: the higher seq of an epoch, the newest epoch, and no way back', async () => {
  const { clock, open, disk } = setUp();
  const ledger = open();
  const steps: [LedgerItem, string, string][] = [
    [item(5n), 'e1', '5'],
    [item(3n), 'e1', '5'],
    [item(2n, { epoch: 'e2' }), 'e2', '2'],
    [item(6n), 'e2', '2'],
  ];
  for (const [next, epoch, seq] of steps) {
    void ledger.append([next]);
    await clock.run(clock.nowMs() + 20);
    assert.deepEqual([ledger.head('c/k/babe')?.epoch, ledger.head('c/k/babe')?.seq], [epoch, seq]);
  }
  loseEntries(disk);
  assert.deepEqual([ledger.heads().size, disk.everSynced.size], [0, 4]);
});

test('points, grants and old points speak of the entries on the disk', async () => {
  const { clock, open } = setUp();
  const ledger = open();
  const old = item(1n, { unit: [5n, 8n], parts: ['enter', 'prevote'], digest: 'aa' });
  const late = item(2n, { unit: [5n, 3n], parts: ['prevote'], digest: 'bb', nonce: 'm' });
  const twin = item(2n, { unit: [5n, 3n], parts: ['prevote'], digest: 'cc', nonce: 'o' });
  const forks: string[] = [];
  const leave = ledger.subscribeForks(({ seq, hashes }) => forks.push(`${seq} ${hashes.join()}`));
  const written = ledger.append([old, late, twin]).then(() => forks.push('settled'));
  await clock.run(20);
  await written;
  leave();
  assert.deepEqual(forks, [`2 ${late.hash},${twin.hash}`, 'settled']);
  const head = { epoch: 'e1', seq: 2n, hash: late.hash, unit: [5n, 3n], part: 'prevote', nonce: 'm' };
  assert.deepEqual(ledger.point('c/k/babe'), { ...head, top: [5n, 8n] });
  assert.deepEqual(
    ledger.grantsOf('c/k/babe', [5n, 3n]).map(({ digest }) => digest),
    ['bb', 'cc'],
  );
  assert.deepEqual(
    ledger.grantsOf('c/k/babe', [5n, 8n]).map(({ part, digest }) => [part, digest]),
    [
      ['enter', null],
      ['prevote', 'aa'],
    ],
  );
  assert.ok(ledger.holds('c/k/babe', 'e1', 1n, old.hash));
  assert.ok(!ledger.holds('c/k/babe', 'e1', 2n, old.hash));

  void ledger.append([item(9n, { unit: [4n, 1n], epoch: 'e2' })]);
  await clock.run(40);
  assert.deepEqual(ledger.point('c/k/babe')?.top, [4n, 1n]);
  assert.deepEqual(ledger.grantsOf('c/k/babe', [5n, 3n]), []);
});

test('a word is open once its sync ended, also for the next process, until it is released', async () => {
  const { clock, open, host, disk } = setUp();
  const ledger = open();
  const release = { how: 'operator', by: 'a', reason: 'r', atMs: 1 } as const;
  void ledger.keepWord({ id: 'x', text: '{}' });
  await clock.run(9);
  assert.deepEqual(ledger.openWords(), []);
  await clock.run(10);
  assert.deepEqual(ledger.openWords(), [{ id: 'x', text: '{}' }]);
  const backup = copyDisk(disk);
  host.crash();
  const again = open();
  void again.releaseWord('x', release);
  await clock.run(30);
  assert.deepEqual(
    [again.openWords(), disk.words[0]?.release, backup.words[0]?.release],
    [[], release, null],
  );
  await assert.rejects(again.keepWord({ id: 'y', text: 'z'.repeat(4097) }), LedgerFault);
  disk.full = true;
  const refused = assert.rejects(again.keepWord({ id: 'x', text: '{}' }), LedgerFault);
  await clock.run(50);
  await refused;
  loseEntries(backup);
  assert.deepEqual([backup.words, backup.entries.size], [[], 0]);
});

test('decisions are sent to subscribers and paged newest first', () => {
  const { open } = setUp();
  const ledger = open();
  const heard: number[] = [];
  const leave = ledger.subscribe(({ id }) => heard.push(id));
  const about = (node: string) => ({ ...decision, node });
  for (const node of ['a', 'b', 'a', 'a']) ledger.note(about(node));
  leave();
  ledger.note(about('a'));
  assert.deepEqual(heard, [1, 2, 3, 4]);
  const page = ledger.decisions({ node: 'a', limit: 2 });
  assert.deepEqual([page.decisions.map(({ id }) => id), page.next], [[5, 4], 4]);
  const last = ledger.decisions({ node: 'a', limit: 2, before: 4 });
  assert.deepEqual([last.decisions.map(({ id }) => id), last.next], [[3, 1], null]);
});

const decision = {
  atMs: 0,
  outcome: 'denied',
  reason: 'unit-taken',
  detail: '',
  chain: 'c',
  key: 'k',
  duty: 'babe',
  unit: '1',
  parts: [],
  digest: null,
  node: 'a',
  incarnation: 'i',
  claimId: 'x',
  seq: null,
  via: 'claims',
  tookMs: 0,
} as const;
