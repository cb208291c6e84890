import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { systemClock } from '@watchbill/base';
import { decisionOf, entryOf, itemOf, ledgerIn, temporaryDir } from '../ledger/fixture.ts';
import { type Ledger, LedgerFault, type LedgerItem } from '../ledger/port.ts';
import { fakeDisk, fakeLedger } from './fake-ledger.ts';
import { fakeRandom } from './fixture-world.ts';

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

/** Everything that a service can see of a ledger while it plays the appends. */
async function play(ledger: Ledger) {
  const seen: unknown[] = [];
  const heard: unknown[] = [];
  ledger.subscribe(({ id, outcome }) => heard.push([id, outcome]));
  for (const items of APPENDS) {
    const fault = await ledger.append(items).then(
      () => null,
      (error: unknown) => error,
    );
    assert.ok(fault === null || fault instanceof LedgerFault);
    ledger.note(decisionOf({ claimId: `note-${seen.length}` }));
    // Read at once, so that both write the note now.
    const pages = QUERIES.map((query) => ledger.decisions(query));
    seen.push({ fault: fault?.message, heads: Object.fromEntries(ledger.heads()), pages });
  }
  return { seen, heard };
}

async function both(context: TestContext) {
  const disk = fakeDisk(fakeRandom());
  const dir = temporaryDir(context);
  const clock = systemClock();
  return {
    fake: () => fakeLedger(disk, clock),
    real: () => ledgerIn(context, dir, { clock }),
  };
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
    assert.equal(again.head('chain/key/babe')?.seq, '7');
    await assert.rejects(again.bind('two'), LedgerFault);
    await again.close();
  }
});
