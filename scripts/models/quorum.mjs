// The searches of spec/quorum/consensus.pml. Its head explains the switches.

const MODEL = 'quorum/consensus.pml';

/** Which rank the liar leads. */
const LIARS = { 'rank 0': 0, 'rank 1': 1, 'rank 2': 2, 'no rank': 9 };

function forEachLiar(name, switches, liars = Object.keys(LIARS)) {
  return liars.map((rank) => ({
    name: `${name}, liar leads ${rank}`,
    switches: [...switches, `LIAR=${LIARS[rank]}`],
    expected: /** @type {import('./search.mjs').Found} */ ('holds'),
    model: MODEL,
  }));
}

/** @typedef {import('./search.mjs').Configuration} Configuration */

/** @type {(name: string, expected: Configuration['expected'], switches: string[]) => Configuration} */
const must = (name, expected, switches) => ({ name, expected, switches, model: MODEL });

/** @type {readonly Configuration[]} */
export const QUORUM = [
  ...forEachLiar('4 members, 3 ranks', ['R=3']),
  ...forEachLiar('crash between any two steps, 2 ranks', ['R=2', 'FINE'], ['rank 0', 'rank 1', 'no rank']),
  ...forEachLiar('5 members, 2 ranks', ['R=2', 'N=5'], ['rank 0', 'rank 1', 'no rank']),
  ...forEachLiar('progress, liar active', ['R=3', 'PROGRESS'], ['rank 0', 'rank 1', 'no rank']),
  ...forEachLiar(
    'progress, liar silent at last',
    ['R=3', 'PROGRESS', 'SILENT'],
    ['rank 0', 'rank 1', 'no rank'],
  ),
  must('reachable: a certificate in the last rank', 'seen', ['R=3', 'LIAR=0', 'WITNESS=1']),
  must('reachable: a lone lock gives way', 'seen', ['R=3', 'LIAR=0', 'WITNESS=2']),
  must('reachable: certified again in a later rank', 'seen', ['R=3', 'LIAR=0', 'WITNESS=3']),
  must('control: no lock', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_NO_LOCK']),
  must('control: lock not durable', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_LOCK_FORGOTTEN']),
  must('control: quorum one too small', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_SMALL_QUORUM']),
  must('control: no rank in the envelope', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_NO_RANK']),
  must('control: justification not checked', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_UNJUSTIFIED']),
  must('control: claims without prepares count', 'two certificates', [
    'R=3',
    'LIAR=1',
    'BREAK_UNPROVEN_CLAIM',
  ]),
  must('control: any claim instead of the highest', 'two certificates', [
    'R=3',
    'LIAR=1',
    'BREAK_NOT_HIGHEST',
  ]),
  must('control: commit for a rank that was left', 'two certificates', [
    'R=3',
    'LIAR=1',
    'BREAK_LATE_COMMIT',
  ]),
  must('control: f + 1 liars', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_SECOND_LIAR']),
  must('control: sent before it is stored', 'signed twice', [
    'R=2',
    'LIAR=0',
    'FINE',
    'BREAK_SEND_BEFORE_STORE',
  ]),
  must('control: joins without a cursor', 'signed twice', ['R=3', 'LIAR=1', 'BREAK_FRESH_JOINS']),
  must('control: a locked member never yields', 'stuck', [
    'R=3',
    'LIAR=0',
    'PROGRESS',
    'SILENT',
    'BREAK_STUBBORN',
  ]),
  { ...must('long: 4 members, 4 ranks', 'holds', ['R=4', 'LIAR=0']), isLong: true, isHashed: true },
  { ...must('long: crash between any two steps, 3 ranks', 'holds', ['R=3', 'LIAR=0', 'FINE']), isLong: true },
  { ...must('long: 5 members, 3 ranks', 'holds', ['R=3', 'LIAR=0', 'N=5']), isLong: true },
];
