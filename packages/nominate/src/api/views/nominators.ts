import { writeAddress } from '@watchbill/chain/address';
import type { z } from 'zod';
import { valueOrNull } from '../../facts/fact.ts';
import type { IntentState } from '../../transactions/state.ts';
import type { IntentQueries, IntentRow } from '../../transactions/store/port.ts';
import type { intentRow, intentView, nominatorView } from '../shapes/nominator.ts';
import type { Site } from '../site.ts';
import { type RoundInFull, roundOf } from './round-in-full.ts';

export type NominatorView = z.output<typeof nominatorView>;
export type IntentLine = z.output<typeof intentRow>;
export type IntentView = z.output<typeof intentView>;

const MOST_INTENTS = 1_000;
const INTENTS_EACH = 5;
const MOST_LINES = 500;

/** All nominators of the newest snapshot and round, with their transactions. */
export async function nominatorsOf({ reader }: Site): Promise<readonly NominatorView[]> {
  const [facts, newest, intents] = await Promise.all([
    reader.facts(),
    reader.newestRound(),
    intentsOf(reader, { limit: MOST_INTENTS }),
  ]);
  const shelved = newest === null ? null : await reader.round(newest.id);
  const record = shelved?.record ?? null;
  const round = shelved === null || record === null ? null : roundOf({ ...shelved, record });
  const known = new Map((facts?.head.nominators ?? []).map((one) => [one.stashKey, one]));
  const names = new Map([
    ...(round?.nominators ?? []).map(({ stashKey, name }) => [stashKey, name] as const),
    ...[...known.values()].map(({ stashKey, name }) => [stashKey, name] as const),
  ]);
  return [...names].map(([stashKey, name]) => {
    const fact = known.get(stashKey);
    return {
      name,
      stashKey,
      stash: writeAddress({ prefix: facts?.head.network.prefix ?? 42, publicKey: stashKey }),
      bonded: fact === undefined ? null : (valueOrNull(fact.active)?.toString() ?? null),
      nominatedInEra: fact === undefined ? null : valueOrNull(fact.submittedIn),
      targets:
        fact?.targets.known === true
          ? (fact.targets.value ?? []).map((key) => ({
              stashKey: key,
              name: facts?.record(key)?.candidate.name ?? null,
            }))
          : null,
      round: partOf(round, stashKey),
      intents: intents.filter(({ nominator }) => nominator === stashKey).slice(0, INTENTS_EACH),
    };
  });
}

function partOf(round: RoundInFull | null, stashKey: string): NominatorView['round'] {
  const part = round?.nominators.find((one) => one.stashKey === stashKey);
  if (round === null || part === undefined) return null;
  const { state, detail, targets } = part;
  return { id: round.id, era: round.era, state, detail, targets };
}

/** One intent with its journal; null if the id is unknown. */
export async function intentOf({ reader }: Site, id: string): Promise<IntentView | null> {
  const found = await reader.ask((store) => store.intents.load(id));
  if (found === null) return null;
  const { state } = found;
  const { nominator } = state.intent;
  const [rows, journal, flights] = await Promise.all([
    reader.ask((store) => store.intents.list({ nominator, limit: MOST_INTENTS })),
    reader.ask((store) => store.intents.journal(id)),
    reader.ask((store) => store.intents.flights(id)),
  ]);
  const row = rows.find((one) => one.id === id);
  if (row === undefined) return null;
  return {
    ...intentRowOf(row, state),
    call: state.intent.call,
    way: state.intent.way,
    real: state.intent.real,
    targets: [...state.targets],
    deadlineRelay: state.intent.deadlineRelay.toString(),
    announcement:
      state.announcement === null
        ? null
        : { callHash: state.announcement.callHash, relayHeight: state.announcement.relayHeight.toString() },
    detail: state.ending?.detail ?? null,
    flights: [...flights],
    journal: journal
      .slice(-MOST_LINES)
      .map(({ intent: _intent, height, ...line }) => ({ ...line, height: height.toString() })),
    journalCount: journal.length,
  };
}

/** Intents, the open ones with the event that they wait for. Always two queries. */
export async function intentsOf(
  reader: Site['reader'],
  filter: Parameters<IntentQueries['list']>[0],
): Promise<readonly IntentLine[]> {
  const [rows, open] = await Promise.all([
    reader.ask(({ intents }) => intents.list(filter)),
    reader.ask(({ intents }) => intents.open()),
  ]);
  const states = new Map(open.map(({ state }) => [state.intent.id, state]));
  return rows.map((row) => intentRowOf(row, states.get(row.id)));
}

function intentRowOf(row: IntentRow, state?: Pick<IntentState, 'held' | 'waiting'>): IntentLine {
  const { id, nominator, signer, era, round, state: shown, reason, madeMs, changedMs } = row;
  const held = state?.held ?? null;
  const waiting = state?.waiting ?? null;
  return { id, nominator, signer, era, round, state: shown, reason, madeMs, changedMs, held, waiting };
}
