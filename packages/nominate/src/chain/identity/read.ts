import {
  bytes32Of,
  hasMember,
  listOf,
  memberOf,
  type PinnedReader,
  type Plain,
  type Reading,
  variantOf,
} from '@watchbill/chain/reading';
import { type Fact, known, mapFact, unknown } from '../../facts/fact.ts';
import type { CandidateRecord, Identity } from '../../snapshot/record-shapes.ts';
import { factOfReading } from '../roles/fact-of-reading.ts';
import { keysOf } from '../staking/ledgers.ts';
import { whyMigrating } from '../staking/stays.ts';
import { dataText } from './data-text.ts';

export type IdentityFacts = ReadonlyMap<string, CandidateRecord['identity']>;

const SUPER_BYTES = 64;
const REGISTRATION_BYTES = 400;
const MOST_JUDGEMENTS = 256;

/** The registration of the account itself. */
interface Registration {
  readonly display: string;
  readonly judgements: readonly string[];
}

/**
 * The identities of candidates: of the account itself, or of the account whose sub it is. Two calls. Rejects
 * as the reader does.
 */
export async function readIdentities(
  reader: PinnedReader,
  candidates: readonly string[],
): Promise<IdentityFacts> {
  const keys = keysOf(candidates);
  const [[cursor] = [], [registrars] = [], own = [], supers = []] = await reader.read([
    { pallet: 'MultiBlockMigrations', item: 'Cursor' },
    { pallet: 'Identity', item: 'Registrars', valueBytes: 1_000 },
    { pallet: 'Identity', item: 'IdentityOf', keys, valueBytes: REGISTRATION_BYTES },
    { pallet: 'Identity', item: 'SuperOf', keys, valueBytes: SUPER_BYTES },
  ]);
  const migrating = whyMigrating(cursor);
  if (migrating !== null) return unknownIdentities(candidates, migrating);
  if (isEmptyPallet(registrars, [...own, ...supers]))
    return unknownIdentities(
      candidates,
      'this chain has no registrars and none of these identities: they are on another chain, which the role of identity has to name',
    );
  const subs = candidates.map((_, index) => superOf(supers[index]));
  const holders = [
    ...new Set(subs.flatMap((fact) => (fact.known && fact.value !== null ? [fact.value.holder] : []))),
  ];
  const [held = []] = await reader.read([
    { pallet: 'Identity', item: 'IdentityOf', keys: keysOf(holders), valueBytes: REGISTRATION_BYTES },
  ]);
  const byHolder = new Map(holders.map((holder, index) => [holder, registrationOf(held[index])]));
  return new Map(
    candidates.map((stash, index) => [
      stash,
      identityOf(stash, registrationOf(own[index]), subs[index], byHolder),
    ]),
  );
}

/**
 * After identities moved to another chain, the emptied pallet would report that no account has an identity.
 */
function isEmptyPallet(registrars: Reading | undefined, readings: readonly Reading[]): boolean {
  const none =
    registrars?.result === 'empty' ||
    (registrars?.result === 'value' && Array.isArray(registrars.value) && registrars.value.length === 0);
  return none && readings.length > 0 && readings.every(({ result }) => result === 'empty');
}

function registrationOf(reading: Reading | undefined): Fact<Registration | null> {
  return factOfReading<Registration | null>(reading, 'identity', 'Identity.IdentityOf', {
    take: takeRegistration,
    empty: { value: null },
  });
}

/** For some time the runtime stored the registration in a pair with a username. */
function takeRegistration(value: Plain): Registration {
  const registration = Array.isArray(value) ? listOf(value)[0] : value;
  const judgements = listOf(memberOf(registration, 'judgements')).map((pair) => variantOf(listOf(pair)[1]));
  return {
    display: dataText(memberOf(memberOf(registration, 'info'), 'display')),
    judgements: judgements.slice(0, MOST_JUDGEMENTS),
  };
}

interface Sub {
  readonly holder: string;
  readonly name: string;
}

function superOf(reading: Reading | undefined): Fact<Sub | null> {
  return factOfReading<Sub | null>(reading, 'identity', 'Identity.SuperOf', {
    take: (value) => {
      const [holder, name] = listOf(value);
      return {
        holder: bytes32Of(holder),
        name: name === undefined || !hasMember(name, 'type') ? '' : dataText(name),
      };
    },
    empty: { value: null },
  });
}

/** A registration of the account has precedence over that of its super account. */
function identityOf(
  stash: string,
  own: Fact<Registration | null>,
  sub: Fact<Sub | null> | undefined,
  byHolder: ReadonlyMap<string, Fact<Registration | null>>,
): Fact<Identity | null> {
  if (!own.known) return own;
  if (own.value !== null) return known(identityFrom(stash, own.value, false), 'identity');
  if (sub === undefined) return unknown('it was not asked for', 'identity');
  if (!sub.known) return sub;
  if (sub.value === null) return known(null, 'identity');
  const { holder } = sub.value;
  const held = byHolder.get(holder) ?? unknown('it was not asked for', 'identity');
  return mapFact(held, (registration) =>
    registration === null ? null : identityFrom(holder, registration, true),
  );
}

function identityFrom(account: string, { display, judgements }: Registration, isSub: boolean): Identity {
  return { account, display, isSub, judgements: [...judgements] };
}

/** All of it unknown, for one reason. */
export function unknownIdentities(candidates: readonly string[], reason: string): IdentityFacts {
  const none = unknown(reason, 'identity');
  return new Map(candidates.map((stash) => [stash, none]));
}
