// A vote that was sent and is not in the database: the node is killed before ParityDB has written it, or the
// disk is full when ParityDB writes it. Started again, a node without a guard votes again in that round.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type RunningNode, waitFor } from '@watchbill/testkit';
import { conclude, holdRound, signsOnce, untilSignedTwice } from './guard-faults.ts';
import { guardedMachine, noEquivocation, PATIENCE, type Stage, stage, startNew } from './guarded.ts';

const SOURCE = fileURLToPath(new URL('stalled-disk.c', import.meta.url));
/** A node with a broken database may end by itself, or stand still until somebody ends it. */
const STANDS_STILL_MS = 10_000;
type Disk = ReturnType<typeof smallDisk>;
type Happens = (disk: Disk, pid: number) => void;

const FAULTS: readonly { readonly fault: string; readonly happens: Happens }[] = [
  {
    fault: 'the node is killed after its vote, before its database has written it',
    happens: (disk, pid) => {
      process.kill(pid, 'SIGKILL');
      disk.goOn();
    },
  },
  {
    fault: 'the disk is full when the database writes the vote, and the node ends and is restarted',
    happens: (disk) => {
      disk.fill();
      disk.goOn();
    },
  },
];

for (const { fault, happens } of FAULTS)
  test(`without a guard: ${fault}`, async (context) => {
    const ground = await stage(context);
    const disk = smallDisk(ground);
    const eve = await ground.network.add({ name: 'eve', keys: [{ suri: '//Eve' }], env: disk.env });
    disk.hold(eve);
    await eve.start();
    await ground.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
    const { faultMs } = await loseVote(ground, eve, disk, happens, eve.pid);
    await eve.start();
    await untilSignedTwice(ground, faultMs, 'vote');
    await conclude(context, ground, { fault, level: 'no guard', expected: 'signs twice' }, faultMs);
  });

test('under the guard, a vote that the database lost is not signed twice', async (context) => {
  const ground = await stage(context);
  const disk = smallDisk(ground);
  const machine = await guardedMachine(ground, 'eve', { env: disk.env });
  disk.hold(machine.node);
  await startNew(machine);
  await ground.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  const pid = (): number | null => machine.status()?.node ?? null;
  for (const { fault, happens } of FAULTS) {
    const lost = await loseVote(ground, machine.node, disk, happens, pid);
    await signsOnce(context, ground, machine, { fault, ...lost });
  }
  await noEquivocation(ground);
});

/** A separate disk for a node: a tmpfs, on which the log of its database stands still on demand. */
function smallDisk({ memory }: Stage) {
  const [library, stalled] = [join(memory, 'stalled-disk.so'), join(memory, 'stalled')];
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl']);
  const place = mkdtempSync('/dev/shm/watchbill-disk-');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=0700', 'watchbill', place]);
  // The disk lives on behind the open folder: it is gone with this process, however that ends.
  const disk = `/proc/${process.pid}/fd/${openSync(place, 'r')}`;
  execFileSync('umount', ['--lazy', place]);
  rmSync(place, { recursive: true });
  const filler = join(disk, 'filler');
  return {
    env: { LD_PRELOAD: library, WATCHBILL_STALLED: stalled },
    /** The database of this node, which never ran. */
    hold: ({ basePath }: RunningNode) => symlinkSync(disk, basePath),
    stall: () => writeFileSync(stalled, ''),
    goOn: () => rmSync(stalled),
    /** To the last page. */
    fill: () => spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']),
    empty: () => rmSync(filler, { force: true }),
  };
}

/**
 * Eve votes in a round that cannot end, while the log of its database stands still; then the fault happens.
 * The database is some rounds old afterwards: its node has to catch up, and meets its peers before it votes.
 */
async function loseVote(
  ground: Stage,
  eve: RunningNode,
  disk: Disk,
  happens: Happens,
  pid: () => number | null,
) {
  disk.stall();
  await eve.untilFinalised((await eve.finalisedNumber()) + 10);
  const held = await holdRound(ground);
  const [faultMs, ending] = [Date.now(), pid() ?? assert.fail('no node runs')];
  happens(disk, ending);
  const stuck = setTimeout(() => process.kill(ending, 'SIGKILL'), STANDS_STILL_MS);
  await waitFor('the node ends', () => pid() !== ending, PATIENCE);
  clearTimeout(stuck);
  disk.empty();
  return { faultMs, held };
}
