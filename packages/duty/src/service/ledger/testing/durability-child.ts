import { writeSync } from 'node:fs';
import { systemClock, systemRandom } from '@watchbill/kit';
import { openLedger } from '../open.ts';
import { LedgerFault } from '../port.ts';
import { decisionOf, entryOf, itemOf } from './ground.ts';

/**
 * For the tests of durability: appends to the ledger of the directory it is given until it is killed, eight
 * calls at once, and prints each number as soon as its append has settled.
 */
const [dir = ''] = process.argv.slice(2);
try {
  const ledger = await openLedger({ dir, clock: systemClock(), random: systemRandom() });
  writeSync(1, 'open\n');
  let next = BigInt(ledger.point('chain/key/babe')?.seq ?? 0);
  const work = async () => {
    for (;;) {
      const seq = ++next;
      const decision = decisionOf({ outcome: 'granted', reason: 'new', seq: seq.toString() });
      await ledger.append([itemOf(entryOf({ seq }), decision)]);
      writeSync(1, `${seq}\n`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
} catch (error) {
  if (!(error instanceof LedgerFault)) throw error;
  writeSync(1, `fault ${error.message} | ${error.remedy}\n`);
}
