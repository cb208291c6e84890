import { counted, shownAmount } from '@watchbill/kit';
import { PLACE_KEYS } from '../../candidates/candidate.ts';
import { shownMoment, shownPerbill } from '../../checks/show.ts';
import type { Evidence, Fact } from '../../facts/fact.ts';
import { shownPart } from '../../snapshot/place.ts';
import type { CandidateRecord } from '../../snapshot/record-shapes.ts';
import type { SnapshotFacts } from '../reading/snapshot-facts.ts';

type Shown = { readonly [Name in keyof CandidateRecord]?: (value: never) => string };

/** The facts of the newest snapshot about a candidate, for display: each with source and age. */
export function factsOf(facts: SnapshotFacts, record: CandidateRecord): readonly Evidence[] {
  const { network } = facts.head;
  const shown = {
    validating: (value: boolean) => (value ? 'it validates' : 'it has no validate intention'),
    prefs: ({ commissionPerbill, blocked }: { commissionPerbill: number; blocked: boolean }) =>
      `commission ${shownPerbill(commissionPerbill)}, ${blocked ? 'blocks nominations' : 'open to nominations'}`,
    selfStake: (value: bigint) => shownAmount(value, network),
    identity: (value: IdentityValue) =>
      value === null ? 'none' : `${value.display} (${value.judgements.join(', ') || 'not judged'})`,
    sighting: sightingText,
    place: (value: PlaceValue) => (value === null ? 'no place is known' : placeText(value)),
    sessionKeys: (value: Readonly<Record<string, string>> | null) =>
      value === null ? 'none are set' : Object.keys(value).sort().join(', '),
    unclaimedEras: (value: readonly number[]) => (value.length === 0 ? 'none' : value.join(', ')),
    erasWithPoints: (value: readonly number[]) => counted(value.length, 'era'),
    backing: ({ active, inactive }: CandidateBacking) =>
      `${active.length} active and ${counted(inactive.length, 'inactive nominator')}`,
    kusama: (value: KusamaValue) => (value === null ? 'not in that programme' : `rank ${value.rank}`),
  } satisfies Shown;
  return Object.entries(shown).map(([name, text]) =>
    facts.evidence(
      name,
      record[name as keyof typeof shown] as Fact<unknown>,
      text as (value: unknown) => string,
    ),
  );
}

type ValueOf<Name extends keyof CandidateRecord> =
  CandidateRecord[Name] extends Fact<infer Value> ? Value : never;
type IdentityValue = ValueOf<'identity'>;
type PlaceValue = ValueOf<'place'>;
type KusamaValue = ValueOf<'kusama'>;
type CandidateBacking = ValueOf<'backing'>;

function sightingText(value: ValueOf<'sighting'>): string {
  if (value === null) return 'telemetry has never seen it';
  const { online, sinceMs, implementation, version, matchedBy } = value;
  const by = { 'network-id': 'network id', 'validator-address': 'validator address', name: 'name' }[
    matchedBy
  ];
  return `${online ? 'online' : 'offline'} since ${shownMoment(sinceMs)}, ${implementation} ${version}, known by its ${by}`;
}

function placeText(place: NonNullable<PlaceValue>): string {
  const parts = PLACE_KEYS.filter((key) => place[key] !== '').map((key) => shownPart(place, key));
  return parts.join(', ') || 'the place is unknown';
}
