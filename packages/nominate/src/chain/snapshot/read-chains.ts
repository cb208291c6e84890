import type { CallCounts, PinnedOutcome, RoleEndpoints } from '@watchbill/chain/reading';
import type { Source } from '../../facts/fact.ts';
import { type IdentityFacts, readIdentities, unknownIdentities } from '../identity/read.ts';
import type { RememberedBlock } from '../relay/first-block.ts';
import { type RelayFacts, readRelay, unknownRelay } from '../relay/read.ts';
import { type Role, reasonText } from '../roles/fact-of-reading.ts';
import type { ChainRequest } from '../roles/request.ts';
import { type StakingFacts, unknownStaking } from '../staking/facts.ts';
import { readStaking } from '../staking/read.ts';

/** The endpoints of the three roles; on old networks all three are the same. */
export type RoleSet = Readonly<Record<Role, RoleEndpoints>>;

/** One role as it was read. */
export interface RoleRead {
  readonly source: Source;
  /** Host of the endpoint; null if the role could not be read. */
  readonly endpoint: string | null;
  readonly runtime: { readonly specName: string; readonly specVersion: number } | null;
  readonly counts: CallCounts | null;
  /** The reason why the role could not be read; null if it was read. */
  readonly failure: string | null;
}

/** All that the chains say of a programme at one moment, each role at one finalised block. */
export interface ChainReading {
  readonly takenAtMs: number;
  /** By how much the clock of this machine is late at least, by the newest block; 0 unless it shows. */
  readonly lateMs: number;
  readonly roles: Readonly<Record<Role, RoleRead>>;
  readonly staking: StakingFacts;
  readonly relay: RelayFacts;
  readonly identity: IdentityFacts;
}

export interface ReadOptions {
  /** Unix milliseconds of now. */
  readonly nowMs: number;
  /** The value of `relay.firstBlock` for that session from an earlier reading; saves the search. */
  readonly remembered?: RememberedBlock | null;
}

/**
 * Reads all chain facts of a snapshot. A failing endpoint does not reject: the facts of a role that cannot be
 * read are unknown, with the reason, and the other roles are still read.
 */
export async function readChains(
  roles: RoleSet,
  request: ChainRequest,
  { nowMs, remembered = null }: ReadOptions,
): Promise<ChainReading> {
  const { candidates } = request;
  const [staking, identity] = await Promise.all([
    roles.staking.readPinned((reader) => readStaking(reader, request)),
    roles.identity.readPinned((reader) => readIdentities(reader, candidates)),
  ]);
  const stakingFacts = staking.ok ? staking.value : unknownStaking(request, reasonText(staking.why));
  const { firstSession } = stakingFacts.eras;
  const relay = await roles.relay.readPinned((reader) =>
    readRelay(reader, { candidates, firstSession, remembered }),
  );
  const lateMs = latenessOf([staking, relay, identity], nowMs);
  const now = { nowMs, lateMs };
  return {
    takenAtMs: nowMs,
    lateMs,
    roles: {
      staking: roleRead('staking', staking, now),
      relay: roleRead('relay', relay, now),
      identity: roleRead('identity', identity, now),
    },
    staking: stakingFacts,
    relay: relay.ok ? relay.value : unknownRelay(candidates, reasonText(relay.why)),
    identity: identity.ok ? identity.value : unknownIdentities(candidates, reasonText(identity.why)),
  };
}

/** No block is newer than now. If one seems to be, this clock is late, and all ages are wrong by as much. */
function latenessOf(outcomes: readonly PinnedOutcome<unknown>[], nowMs: number): number {
  return Math.max(0, ...outcomes.map((each) => (each.ok ? (each.blockMs ?? nowMs) - nowMs : 0)));
}

/** The age of a fact is the age of its block, not of the answer, so that a lagging endpoint is visible. */
function roleRead(
  role: Role,
  outcome: PinnedOutcome<unknown>,
  { nowMs, lateMs }: { readonly nowMs: number; readonly lateMs: number },
): RoleRead {
  if (!outcome.ok)
    return {
      source: { role, block: null, atMs: nowMs },
      endpoint: null,
      runtime: null,
      counts: null,
      failure: reasonText(outcome.why),
    };
  const { number, hash } = outcome.block;
  const { blockMs } = outcome;
  return {
    source: {
      role,
      block: { number, hash },
      atMs: blockMs === null ? nowMs : blockMs - lateMs,
      ...(blockMs === null ? { timeless: true } : {}),
    },
    endpoint: outcome.endpoint,
    runtime: outcome.runtime,
    counts: outcome.counts,
    failure: null,
  };
}
