import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryHash, FIRST_PREV, type LedgerEntry } from '@watchbill/duty/rule';
import { type Ledger, LedgerFault, type LedgerItem } from '@watchbill/duty/service';
import { createVirtualClock } from '@watchbill/kit/testing';
import { createHost } from './host.ts';
import { createSeededRandom } from './seeded-random.ts';
import { createSimDisk } from './sim-disk.ts';
import { createSimLedger } from './sim-ledger.ts';

/** Its memory is compared with that of the real ledger: `fake-ledger.component.test.ts` of duty. */

function item(seq: bigint): LedgerItem {
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
  assert.deepEqual([settled, ledger.point('c/k/babe')], [false, null]);
  await clock.run(10);
  assert.deepEqual([settled, ledger.point('c/k/babe')?.seq], [true, 9n]);
  host.crash();
  const again = open();
  assert.deepEqual(
    [again.serviceId, again.ledgerId(), again.point('c/k/babe')?.seq],
    [ledger.serviceId, 'one', 9n],
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
  const refused = Promise.all([
    assert.rejects(ledger.append([item(1n)]), LedgerFault),
    assert.rejects(ledger.keepWord({ id: 'x', text: '{}' }), LedgerFault),
  ]);
  await clock.run(20);
  await refused;
  assert.deepEqual([ledger.points().size, ledger.openWords()], [0, []]);
  disk.full = false;
  const written = ledger.append([item(1n)]);
  await clock.run(40);
  await written;
  assert.equal(ledger.points().size, 1);
});

test('a lying disk acknowledges what it has not yet', async () => {
  const { clock, open } = setUp();
  const ledger = open(true);
  let settled = false;
  void ledger.append([item(1n)]).then(() => {
    settled = true;
  });
  await clock.run(1);
  assert.deepEqual([settled, ledger.points().size], [true, 0]);
  await clock.run(10);
  assert.equal(ledger.points().size, 1);
});
