import {
  bytes32Of,
  entriesOf,
  listOf,
  type PinnedReader,
  type Plain,
  textOf,
} from '@watchbill/chain/reading';
import { type Fact, mapFact, unknown } from '../../facts/fact.ts';
import type { CandidateRecord } from '../../snapshot/record-shapes.ts';
import { factOfReading } from '../roles/fact-of-reading.ts';
import { keysOf } from '../staking/ledgers.ts';
import { whyMigrating } from '../staking/stays.ts';
import { firstBlockOf, type RelayBlock, type RememberedBlock } from './first-block.ts';
import { accountsOf, CLOCK_REQUESTS, type SessionClock, sessionClockOf } from './session-clock.ts';

/** The relay chain's facts about a programme, from one block. */
export interface RelayFacts {
  readonly clock: Fact<SessionClock>;
  readonly session: Fact<number>;
  /** Stashes of the validators of this session. */
  readonly activeSet: Fact<readonly string[]>;
  /** Those of the next session. */
  readonly queuedSet: Fact<readonly string[]>;
  readonly firstBlock: Fact<RelayBlock>;
  readonly sessionKeys: ReadonlyMap<string, CandidateRecord['sessionKeys']>;
}

const KEYS_BYTES = 232;
const SET_BYTES = 20_000;
const QUEUED_BYTES = 160_000;

export interface RelayRequest {
  readonly candidates: readonly string[];
  /** The first session of the active era, from the staking chain. */
  readonly firstSession: Fact<number>;
  readonly remembered: RememberedBlock | null;
}

/** Rejects as the reader does. Missing or unexpected items are unknown. */
export async function readRelay(reader: PinnedReader, request: RelayRequest): Promise<RelayFacts> {
  const { candidates } = request;
  const answers = await reader.read([
    ...CLOCK_REQUESTS,
    { pallet: 'MultiBlockMigrations', item: 'Cursor' },
    { pallet: 'Session', item: 'Validators', valueBytes: SET_BYTES },
    { pallet: 'Session', item: 'QueuedKeys', valueBytes: QUEUED_BYTES },
    { pallet: 'Session', item: 'NextKeys', keys: keysOf(candidates), valueBytes: KEYS_BYTES },
  ]);
  const single = answers.slice(0, -1).map(([reading]) => reading);
  const [cursor, validators, queued] = single.slice(CLOCK_REQUESTS.length);
  const migrating = whyMigrating(cursor);
  if (migrating !== null) return unknownRelay(candidates, migrating);
  const clock = sessionClockOf(reader, single);
  const keys = answers.at(-1) ?? [];
  return {
    clock,
    session: mapFact(clock, ({ session }) => session),
    activeSet: accountsOf(validators, 'Session.Validators', bytes32Of),
    queuedSet: accountsOf(queued, 'Session.QueuedKeys', (pair) => bytes32Of(listOf(pair)[0])),
    firstBlock: await firstBlockOf(reader, request.firstSession, request.remembered),
    sessionKeys: new Map(
      candidates.map((stash, index) => [
        stash,
        factOfReading<Record<string, string> | null>(keys[index], 'relay', 'Session.NextKeys', {
          take: takeKeys,
          empty: { value: null },
        }),
      ]),
    ),
  };
}

/** Keys by their names in the runtime. */
function takeKeys(value: Plain): Record<string, string> {
  return Object.fromEntries(entriesOf(value).map(([name, key]) => [name, textOf(key)]));
}

/** All of it unknown, for one reason. */
export function unknownRelay(candidates: readonly string[], reason: string): RelayFacts {
  const none = unknown(reason, 'relay');
  return {
    clock: none,
    session: none,
    activeSet: none,
    queuedSet: none,
    firstBlock: none,
    sessionKeys: new Map(candidates.map((stash) => [stash, none])),
  };
}
