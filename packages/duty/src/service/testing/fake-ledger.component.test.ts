import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { systemClock } from '@watchbill/kit';
import fc from 'fast-check';
import { type Fork, type Ledger, LedgerFault, type LedgerItem } from '../ledger/port.ts';
import { decisionOf, entryOf, itemOf, ledgerIn, temporaryDir } from '../ledger/testing/ground.ts';
import { fakeDisk, fakeLedger } from './fake-ledger.ts';
import { fakeRandom } from './world.ts';

/** The tests of the core trust the fake ledger: it must answer what the one on disk answers. */

const granted = decisionOf({ outcome: 'granted', reason: 'new', node: 'node-a' });
const wrongHash = { ...itemOf(entryOf({ seq: 1n })), hash: 'f'.repeat(64) };

const APPENDS: readonly (readonly LedgerItem[])[] = [
  [itemOf(entryOf({ seq: 9n }), granted)],
  [itemOf(entryOf({ seq: 3n })), itemOf(entryOf({ seq: 1n, duty: 'aura' }), granted)],
  [itemOf(entryOf({ seq: 9n }), granted)],
  [itemOf(entryOf({ seq: 9n, digest: 'bb'.repeat(32) }))],
  [itemOf(entryOf({ seq: 10n, key: 'other' })), wrongHash],
  [itemOf(entryOf({ seq: 4n, epoch: 'second' }), granted)],
  [itemOf(entryOf({ seq: 11n }))],
  [itemOf(entryOf({ seq: 5n, epoch: 'second' }))],
];

const QUERIES = [
  { limit: 100 },
  { limit: 2 },
  { limit: 2, before: 3 },
  { limit: 100, outcome: 'granted' as const },
  { limit: 100, node: 'node-b', duty: 'babe' },
  { limit: 100, key: 'none' },
];

const MARKS = ['chain/key/babe', 'chain/key/aura', 'chain/other/babe', 'chain/none/babe'];

/** The memory of a ledger, asked for every mark, unit and entry of the play. */
function memoryOf(ledger: Ledger, items: readonly LedgerItem[]) {
  const units = [1n, 3n, 4n, 5n, 9n, 11n, 100n].map((unit) => [unit]);
  const words = { open: ledger.openWords() };
  const marks = MARKS.map((mark) => ({
    point: ledger.point(mark),
    grants: units.map((unit) => ledger.grantsOf(mark, unit)),
    old: items.map(({ entry, hash }) => ledger.holds(mark, entry.epoch, entry.seq, hash)),
  }));
  return { words, marks };
}

/** Everything that a service can see of a ledger while it plays the appends. */
async function play(ledger: Ledger) {
  const seen: unknown[] = [];
  const heard: unknown[] = [];
  ledger.subscribe(({ id, outcome }) => heard.push([id, outcome]));
  ledger.subscribeForks((fork) => heard.push(fork));
  for (const items of APPENDS) {
    const fault = await ledger.append(items).then(
      () => null,
      (error: unknown) => error,
    );
    assert.ok(fault === null || fault instanceof LedgerFault);
    ledger.note(decisionOf({ claimId: `note-${seen.length}` }));
    // Read at once, so that both write the note now.
    const pages = QUERIES.map((query) => ledger.decisions(query));
    const memory = memoryOf(ledger, APPENDS.flat());
    seen.push({ fault: fault?.message, heads: Object.fromEntries(ledger.points()), pages, memory });
  }
  return { seen, heard };
}

async function both(context: TestContext) {
  const disk = fakeDisk(fakeRandom());
  const dir = temporaryDir(context);
  const clock = systemClock();
  return { fake: () => fakeLedger(disk, clock), real: () => ledgerIn(context, dir, { clock }) };
}

test('appends, notes, pages and subscribers: the fake ledger answers what the real one answers', async (context) => {
  const { fake, real } = await both(context);
  assert.deepEqual(await play(fake()), await play(await real()));
});

test('a restart on the same disk, a second ledger, a closed one', async (context) => {
  const { fake, real } = await both(context);
  for (const open of [fake, real]) {
    const first = await open();
    await first.bind('one');
    await first.append([itemOf(entryOf({ seq: 7n }))]);
    await first.close();
    await assert.rejects(first.append([itemOf(entryOf({ seq: 8n }))]), LedgerFault);
    const again = await open();
    assert.equal(again.serviceId, first.serviceId);
    assert.equal(again.ledgerId(), 'one');
    assert.equal(again.point('chain/key/babe')?.seq, 7n);
    await assert.rejects(again.bind('two'), LedgerFault);
    await again.close();
  }
});

test('forks are heard before the append settles, and not after leaving', async (context) => {
  const { fake, real } = await both(context);
  for (const open of [fake, real]) {
    const ledger = await open();
    const heard: (Fork | string)[] = [];
    const leave = ledger.subscribeForks((fork) => heard.push(fork));
    const [one, other] = [itemOf(entryOf({ seq: 5n })), itemOf(entryOf({ seq: 5n, nonce: 'other' }))];
    await ledger.append([one]);
    await ledger.append([other]).then(() => heard.push('settled'));
    await ledger.append([other, one]);
    leave();
    await ledger.append([itemOf(entryOf({ seq: 5n, nonce: 'third' }))]);
    const fork = { mark: 'chain/key/babe', epoch: 'first', seq: '5', hashes: [one.hash, other.hash] };
    assert.deepEqual(heard, [fork, 'settled']);
    await ledger.close();
  }
});

test('any entries in any order and with restarts between: both remember the same', async (context) => {
  const item = fc.record({
    seq: fc.bigInt(1n, 10n),
    unit: fc.constantFrom([1n], [4n], [5n], [9n]),
    parts: fc.constantFrom(['seal' as const], ['enter' as const], ['enter' as const, 'prevote' as const]),
    digest: fc.constantFrom('aa', 'bb'),
    epoch: fc.constantFrom('first', 'first', 'second'),
    duty: fc.constantFrom('babe', 'aura'),
  });
  const batch = fc.array(item, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 6 }), async (batches) => {
      const { fake, real } = await both(context);
      const items = batches.map((entries) => entries.map((over) => itemOf(entryOf(over))));
      let ledgers = [fake(), await real()];
      for (const next of items) {
        for (const ledger of ledgers) await ledger.append(next);
        const [ours, theirs] = ledgers.map((ledger) => memoryOf(ledger, items.flat()));
        assert.deepEqual(ours, theirs);
        if (next.length % 2 === 1) continue;
        for (const ledger of ledgers) await ledger.close();
        ledgers = [fake(), await real()];
      }
      for (const ledger of ledgers) await ledger.close();
    }),
    { numRuns: 25 },
  );
});
