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
  /** Host of the endpoint; null where none could be read. */
  readonly endpoint: string | null;
  readonly runtime: { readonly specName: string; readonly specVersion: number } | null;
  readonly counts: CallCounts | null;
  /** Why it could not be read; null where it was. */
  readonly failure: string | null;
}

/** All that the chains say of a programme at one moment, each role at one finalised block. */
export interface ChainReading {
  readonly takenAtMs: number;
  readonly roles: Readonly<Record<Role, RoleRead>>;
  readonly staking: StakingFacts;
  readonly relay: RelayFacts;
  readonly identity: IdentityFacts;
}

export interface ReadOptions {
  /** Unix milliseconds of now. */
  readonly nowMs: number;
  /** What `relay.firstBlock` was for that session, from a reading before: it need not be searched again. */
  readonly remembered?: RememberedBlock | null;
}

/**
 * Reads everything of the chain that a snapshot holds. Never rejects for an endpoint: a role that cannot be read leaves its facts unknown,
 * with the reason, and the others are read all the same.
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
  return {
    takenAtMs: nowMs,
    roles: {
      staking: roleRead('staking', staking, nowMs),
      relay: roleRead('relay', relay, nowMs),
      identity: roleRead('identity', identity, nowMs),
    },
    staking: stakingFacts,
    relay: relay.ok ? relay.value : unknownRelay(candidates, reasonText(relay.why)),
    identity: identity.ok ? identity.value : unknownIdentities(candidates, reasonText(identity.why)),
  };
}

/** The age of facts is that of the block, not that of the answer: an endpoint that lags behind shows it. */
function roleRead(role: Role, outcome: PinnedOutcome<unknown>, nowMs: number): RoleRead {
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
      atMs: Math.min(nowMs, blockMs ?? nowMs),
      ...(blockMs === null ? { timeless: true } : {}),
    },
    endpoint: outcome.endpoint,
    runtime: outcome.runtime,
    counts: outcome.counts,
    failure: null,
  };
}
