import { NodeFault, type NodeRpc } from '@watchbill/chain';
import { type RoleEndpoints, type RoleLimits, roleEndpoints } from '@watchbill/chain/reading';
import { z } from 'zod';
import {
  assembleSnapshot,
  type ChainReading,
  calendarFactsOf,
  electionCalendar,
  eraPace,
  MOST_NOMINATORS,
  type RoleSet,
  readChains,
  readFaults,
  type TransactionChainOptions,
} from '../chain/index.ts';
import type { ChainPart, ChainReader, ReportedFaults } from '../jobs/job-ports.ts';
import { readAmounts } from '../payouts/read-amounts.ts';
import { hash, wide } from '../snapshot/shapes.ts';

type Clock = TransactionChainOptions['clock'];

export interface RoleNodes {
  readonly staking: readonly NodeRpc[];
  readonly relay: readonly NodeRpc[];
  readonly identity: readonly NodeRpc[];
}

export type RoleGenesis = Readonly<Partial<Record<keyof RoleNodes, string | null | undefined>>>;

/** The endpoints of the three roles, with health checks running. */
export function openRoles(
  nodes: RoleNodes,
  genesis: RoleGenesis,
  clock: Clock,
  limits: Partial<RoleLimits> = {},
): RoleSet {
  const open = (role: keyof RoleNodes): RoleEndpoints =>
    roleEndpoints({ nodes: nodes[role], clock, genesis: genesis[role] ?? null, limits });
  return { staking: open('staking'), relay: open('relay'), identity: open('identity') };
}

const rememberedShape = z.object({ session: z.int(), number: wide, hash });
const cursorShape = z.object({ staking: wide.nullable(), relay: wide.nullable() });

/** Real chains, for the jobs. */
export function chainReader(roles: RoleSet, nowMs: () => number): ChainReader {
  return {
    read: async ({ candidates, nominators, remembered }) => {
      const before = remembered === null ? null : rememberedShape.safeParse(JSON.parse(remembered));
      const reading = await readChains(
        roles,
        { candidates, nominators, mostNominators: MOST_NOMINATORS },
        {
          nowMs: nowMs(),
          remembered:
            before?.success === true
              ? {
                  session: before.data.session,
                  block: { number: before.data.number, hash: before.data.hash },
                }
              : null,
        },
      );
      return partOf(reading);
    },
    faults: (candidates, from, era) => faultsSince(roles, candidates, from, era),
    faultsIn: (candidates, { role, from, to, era }) =>
      faultsOf(roles[role], role, { candidates, from, upTo: to, era: role === 'staking' ? null : era }),
    amounts: async (pages) => {
      const outcome = await roles.staking.readPinned((reader) => readAmounts(reader, pages));
      if (outcome.ok) return outcome.value;
      throw new NodeFault('unreachable', `amounts of payouts: ${outcome.why}`);
    },
  };
}

function partOf(reading: ChainReading): ChainPart {
  const { staking, relay, roles } = reading;
  const facts = calendarFactsOf(reading);
  const { firstSession } = staking.eras;
  const remember =
    firstSession.known && relay.firstBlock.known
      ? JSON.stringify({
          session: firstSession.value,
          number: String(relay.firstBlock.value.number),
          hash: relay.firstBlock.value.hash,
        })
      : null;
  return {
    snapshot: (candidates, extras) => assembleSnapshot(candidates, reading, extras),
    points: staking.points,
    claims: staking.claims,
    activeSet: relay.activeSet,
    elected: staking.elected,
    calendar: electionCalendar(facts),
    pace: eraPace(facts),
    failures: Object.entries(roles).flatMap(([role, { failure }]) =>
      failure === null ? [] : [{ role, why: failure }],
    ),
    remember,
  };
}

/**
 * Faults in the events of both chains. The first run starts with the newest block and ignores earlier ones.
 */
async function faultsSince(
  roles: RoleSet,
  candidates: ReadonlySet<string>,
  from: string | null,
  era: number | null,
): Promise<ReportedFaults> {
  const cursor = from === null ? null : cursorShape.parse(JSON.parse(from));
  const staking = await faultsOf(roles.staking, 'staking', {
    candidates,
    from: cursor?.staking ?? null,
    era: null,
  });
  const relay = await faultsOf(roles.relay, 'relay', { candidates, from: cursor?.relay ?? null, era });
  return {
    faults: [...staking.faults, ...relay.faults],
    unread: [...staking.unread, ...relay.unread],
    next: JSON.stringify({ staking: String(staking.next), relay: String(relay.next) }),
    behind: staking.behind + relay.behind,
  };
}

async function faultsOf(
  role: RoleEndpoints,
  name: 'staking' | 'relay',
  {
    from,
    ...asked
  }: {
    readonly candidates: ReadonlySet<string>;
    readonly from: bigint | null;
    readonly upTo?: bigint;
    /** For a chain without eras. */
    readonly era: number | null;
  },
) {
  const outcome = await role.readPinned(async (reader) => {
    if (from === null) return { faults: [], unread: [], next: reader.block.number + 1n, behind: 0 };
    const { unread, ...read } = await readFaults(reader, { role: name, from, ...asked });
    return { ...read, unread: unread.map((one) => ({ role: name, ...one })) };
  });
  if (outcome.ok) return outcome.value;
  throw new NodeFault('unreachable', `events of the chain in the role ${name}: ${outcome.why}`);
}
