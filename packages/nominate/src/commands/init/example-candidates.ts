import type { CandidateRecord, Fact } from '../../index.ts';
import { HOUR_MS, TAKEN_AT_MS } from './example-record.ts';

/** The special facts of a candidate of the example, so that every outcome occurs once. */
export type Change = (base: CandidateRecord) => Partial<CandidateRecord>;

const AWAY_SINCE_MS = TAKEN_AT_MS - 20 * HOUR_MS;
const UNREAD: Fact<never> = { known: false, reason: 'the endpoint did not answer', from: 'identity' };
const plain: Change = () => ({});

/** One operator with three nodes: limits per operator and identity leave the last out. */
const fleet: Change = ({ candidate }) => ({
  candidate: { ...candidate, handles: ['@harbour:example.org'] },
  identity: {
    known: true,
    value: { account: `0x${'ee'.repeat(32)}`, display: 'harbour', isSub: true, judgements: ['Reasonable'] },
    from: 'identity',
  },
});

/** The candidates of the example: invented names, and the faults of those that do not pass. */
export const EXAMPLE_CANDIDATES: readonly { readonly name: string; readonly change: Change }[] = [
  { name: 'anchor', change: plain },
  {
    name: 'beacon',
    change: ({ selfStake }) => ({
      selfStake: selfStake.known ? { ...selfStake, value: selfStake.value / 100n } : selfStake,
    }),
  },
  {
    name: 'compass',
    change: () => ({
      prefs: { known: true, value: { commissionPerbill: 1_000_000_000, blocked: false }, from: 'staking' },
    }),
  },
  {
    name: 'davit',
    change: ({ sighting }) => ({
      sighting:
        sighting.known && sighting.value !== null
          ? { ...sighting, value: { ...sighting.value, online: false, sinceMs: AWAY_SINCE_MS } }
          : sighting,
    }),
  },
  { name: 'ensign', change: () => ({ identity: UNREAD, lastSettled: 'valid' }) },
  { name: 'fathom', change: () => ({ identity: UNREAD, lastSettled: null }) },
  { name: 'gimbal', change: plain },
  { name: 'halyard', change: plain },
  { name: 'isobar', change: plain },
  { name: 'jib', change: plain },
  { name: 'keel', change: () => ({ identity: { known: true, value: null, from: 'identity' } }) },
  {
    name: 'lantern',
    change: ({ prefs }) => ({
      prefs: prefs.known ? { ...prefs, value: { ...prefs.value, blocked: true } } : prefs,
    }),
  },
  { name: 'mizzen', change: plain },
  { name: 'narrows', change: plain },
  { name: 'oakum', change: fleet },
  { name: 'pilot', change: plain },
  { name: 'quay', change: plain },
  { name: 'rudder', change: plain },
  { name: 'sextant', change: plain },
  { name: 'tiller', change: plain },
  { name: 'upwind', change: plain },
  { name: 'vang', change: fleet },
  { name: 'windlass', change: plain },
  { name: 'yardarm', change: fleet },
];
