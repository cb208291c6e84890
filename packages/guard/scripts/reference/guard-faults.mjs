import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../../scripts/pinned.mjs';
import { code, fenced, page, table } from '../../../../scripts/reference/markdown.mjs';

const RESULTS = 'packages/guard/test/node/guard-faults.json';
const TESTS = 'packages/guard/test/node/guard*.test.ts';
const LEVELS = ['no guard', 'L1', 'L2'];
const HEAD = [
  'fault',
  'level',
  'expected',
  'double slots / votes',
  'due slots: missed of all',
  'first new signature, s',
];

/** The rows that the tests kept. */
export function savedFaults() {
  return JSON.parse(readFileSync(join(ROOT, RESULTS), 'utf8'));
}

/** docs/guard/reference/guard-faults.md, of rows as packages/guard/test/node/guard-faults.ts keeps them. */
export function guardFaultsPage(results) {
  return page('Faults of a guarded validator', [
    'Each row is one run of real nodes. Four other validators and the validator Eve make blocks in slots of a second. An observer that knows no guard follows two nodes and every vote, and counts the signatures of Eve.',
    'Before the faults without a guard and the restarts under L1, two of the other validators stand still. So Eve has voted in a round that cannot end, and a node that forgets its vote votes there again. The rows *no guard* show that these faults make a stock node sign twice; the rows below them are the same fault under a guard.',
    table(
      ['level', 'what runs'],
      [
        ['no guard', 'a stock node with its keys on the disk'],
        ['L1', 'the same node under [`watchbill guard`](../how-to/guard.md)'],
        ['L2', 'two machines under guards with [one active role](../how-to/guard-pair.md)'],
      ],
    ),
    table(HEAD, ordered(results).map(cells)),
    '*May sign twice* is a limit of the level: it happens in some runs, for example in this one. Use the next level against it, or a [fence](../how-to/guard-pair.md#take-over-without-a-person). *Double slots / votes* are slots with two blocks of Eve, and rounds with votes of Eve for two blocks. *Due slots* are those of Eve since the fault. *First new signature* counts from the last moment at which the machine with the fault could sign; in a pair it is that of the standby. It includes the time for which the test held the round.',
    '## Faults without a row',
    table(['fault', 'why, and the test that covers it'], WITHOUT_ROW),
    '## Run it',
    fenced('sh', `node --test ${TESTS}`),
    `Every run asserts the column *expected*. With ${code('WATCHBILL_UPDATE_PAGES=1')} it also keeps the figures in ${code(RESULTS)}, from which ${code('node scripts/generate.mjs')} makes this page. Figures of a busy machine are longer: they are not promises.`,
  ]);
}

const WITHOUT_ROW = [
  [
    '`polkadot revert`',
    'the test node has no such command. It makes the voter forget its votes in the current set, as the purged database does in the rows above',
  ],
  [
    'the machine is suspended',
    'no suspend was run: the kernel of the test machine has no sleep state (`/sys/power/state` is empty) and no real-time clock that could wake it. It is simulated: in the rows with a frozen guard and node they stand still for longer than the lease (SIGSTOP), `packages/guard/src/run/custody.test.ts` lets only the time since the boot pass, and `packages/guard/src/run/uptime.component.test.ts` shows in a time namespace of the kernel that the guard reads CLOCK_BOOTTIME, which counts a suspend, and not CLOCK_MONOTONIC',
  ],
  [
    'the guard is killed between any two steps',
    'the kernel ends the node with it, and the next process begins with an empty folder. `packages/duty/test/service/guard-killed.test.ts` kills it with SIGKILL at each step of placing, removing, handing over and taking over, and starts it again: no key is placed by half, and one machine holds keys. `packages/guard/src/pair/pair-orders.test.ts` draws orders of crashes, cuts, handovers, take-overs and restored stores, and compares the placed keys of both machines four times a second',
  ],
  [
    'the store of a pair is restored from a backup',
    'each guard remembers the term on its disk, so it places no key until a person chooses the active machine. `packages/duty/test/etcd/guard-pair-restored.test.ts` restores a real etcd to an earlier term after the active machine died, and the person chooses the machine that the old record names',
  ],
];

function ordered(results) {
  const faults = [...new Set(results.map(({ fault }) => fault))];
  const isControl = (fault) => results.some((row) => row.fault === fault && row.level === 'no guard');
  return [...faults.filter(isControl), ...faults.filter((fault) => !isControl(fault))].flatMap((fault) =>
    LEVELS.flatMap((level) => results.filter((row) => row.fault === fault && row.level === level)),
  );
}

function cells({ fault, level, expected, slotsTwice, votesTwice, due, missed, firstSignature }) {
  const first = level === 'no guard' || firstSignature === null ? '-' : firstSignature.toFixed(1);
  return [fault, level, expected, `${slotsTwice} / ${votesTwice}`, `${missed} of ${due}`, first];
}
