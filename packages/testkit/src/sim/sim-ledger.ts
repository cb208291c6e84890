import { type Ledger, LedgerFault } from '@watchbill/duty/service';
import { type DiskWriter, ledgerOn } from '@watchbill/duty/service/testing/fake-ledger';
import { randomHex } from '@watchbill/kit';
import type { VirtualClock } from '@watchbill/kit/testing';
import type { Life } from './host.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimDisk } from './sim-disk.ts';

export interface SimLedgerOptions {
  readonly life: Life;
  readonly disk: SimDisk;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** A sync takes at least and at most this long, in milliseconds. */
  readonly syncMs?: readonly [least: number, most: number];
  /** Probability that a write is refused, asked at each write. */
  readonly failure?: () => number;
  /** Reports a write as durable before it is, which no real disk may do: for controls that must fail. */
  readonly lies?: boolean;
}

/**
 * The Ledger port on a simulated disk. A write takes effect when its sync ends. If the process ends during
 * the sync, the seed decides whether the write reached the disk: an acknowledged one always did.
 */
export function createSimLedger(options: SimLedgerOptions): Ledger {
  const { disk, random } = options;
  disk.serviceId ??= randomHex(random, 16);
  return ledgerOn(disk, disk.serviceId, diskWriter(options));
}

/** `apply` happens on the disk, even if the process is frozen. */
function diskWriter({
  life,
  disk,
  clock,
  random,
  syncMs = [1, 3],
  failure = () => 0,
  lies,
}: SimLedgerOptions): DiskWriter {
  return (apply) =>
    life.outside(async () => {
      if (lies === true) return void clock.after(random.int(...syncMs), apply);
      const refused = disk.full || random.chance(failure());
      const reaches = random.chance(0.5);
      await clock.sleep(random.int(...syncMs));
      if (refused || disk.full)
        throw new LedgerFault('the simulated disk refuses', 'Free the simulated disk.');
      if (life.alive() || reaches) apply();
    });
}
