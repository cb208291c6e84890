import type { AdoptRequest, PolicyDocument, TokenRequest } from '@watchbill/duty/service';
import type { ServiceProcess } from '../service/service-process.ts';
import { DEVNET } from './kinds.ts';

/** One validator identity that several machines hold: a key per duty, as session keys are. */
export interface IdentitySetup {
  /** Genesis hash of the chain, `0x` and 64 digits. */
  readonly chain: string;
  readonly slotDuty: 'babe' | 'aura';
  /** Public keys, `0x` and 64 digits. */
  readonly slotKey: string;
  readonly grandpaKey: string;
  /** `0x` and 66 digits, on a relay chain. Such a chain has no heartbeats. */
  readonly beefyKey?: string;
  readonly slotMs: number;
  /** Default: that of the development chain. */
  readonly standbyDelayMs?: number;
  /** Default: that of the development chain. */
  readonly watchTtlMs?: number;
  /** Machines in order of rank; `rpcUrl` only for the original wire protocol. */
  readonly roster: readonly { readonly name: string; readonly rpcUrl?: string }[];
  readonly observers: readonly string[];
  readonly wire: 'claims' | 'original';
  /** `trust` for a network that stops without this key: then a restarted service waives the base. */
  readonly return?: 'deny' | 'trust';
  /** The range that the keys may have signed; keys that never signed need none. */
  readonly floors?: { readonly slot: string; readonly round: string; readonly session: string };
  readonly confirmation: string;
}

/**
 * The policies of the keys: the machines of the roster may seal and vote, one at a time. The original wire
 * protocol names no key in its questions, so there one policy, under the key of the slots, stands for the
 * whole identity.
 */
export function policiesOf(setup: IdentitySetup): readonly PolicyDocument[] {
  const digestRequired = setup.wire === 'claims';
  const shared = {
    chain: setup.chain,
    roster: setup.roster.map((node, rank) => ({ ...node, rank })),
    ...(setup.return === undefined ? {} : { return: setup.return }),
    standbyDelayMs: setup.standbyDelayMs ?? DEVNET.standbyDelayMs,
    watchTtlMs: setup.watchTtlMs ?? DEVNET.watchTtlMs,
    ceilings: {
      genesisMs: 0,
      slotMs: setup.slotMs,
      allowedSkewMs: 500,
      roundStep: 16,
      blockStep: 16,
      sessionStep: 2,
      observers: [...setup.observers],
    },
    readiness: {
      required: setup.wire === 'claims',
      maxAgeMs: 4_000,
      minPeers: 1,
      maxFinalityLagBlocks: 20,
      maxClockOffsetMs: 500,
    },
    originalWire: {
      enabled: setup.wire === 'original',
      slotDuty: setup.slotDuty,
      roundScope: 'node-set' as const,
    },
  };
  const duty = (window: number) => ({ enabled: true, digestRequired, window });
  const slots = {
    [setup.slotDuty]: duty(1),
    // The same kind of key signs the heartbeats of these chains; they have no digest.
    ...(setup.beefyKey === undefined
      ? { 'im-online': { enabled: true, digestRequired: false, window: 1 } }
      : {}),
  };
  const rounds = { grandpa: duty(64) };
  if (setup.wire === 'original') return [{ ...shared, key: setup.slotKey, duties: { ...slots, ...rounds } }];
  return [
    { ...shared, key: setup.slotKey, duties: slots },
    { ...shared, key: setup.grandpaKey, duties: rounds },
    ...(setup.beefyKey === undefined ? [] : [{ ...shared, key: setup.beefyKey, duties: { beefy: duty(1) } }]),
  ];
}

/** Writes the policies of the identity to the ledger. */
export async function applyPolicies(service: ServiceProcess, setup: IdentitySetup): Promise<void> {
  for (const policy of policiesOf(setup)) await service.admin('PUT', '/v1/policies', policy);
}

/** Policies and adoption: from here on the service answers for the identity. */
export async function setUpIdentity(service: ServiceProcess, setup: IdentitySetup): Promise<void> {
  await applyPolicies(service, setup);
  const { chain, slotDuty, floors, confirmation } = setup;
  const known: Readonly<Record<string, string | undefined>> = {
    [slotDuty]: floors?.slot,
    grandpa: floors?.round,
    'im-online': floors?.session,
  };
  const floorOf = (duty: string): string | null => known[duty] ?? null;
  for (const { key, duties } of policiesOf(setup)) {
    const named = Object.fromEntries(Object.keys(duties).map((duty) => [duty, floorOf(duty)]));
    const adoption: AdoptRequest = { chain, key, floors: named, confirmation };
    await service.admin('POST', '/v1/adoptions', adoption);
  }
}

/** A new token; its secret is shown this once. */
export async function makeToken(service: ServiceProcess, request: TokenRequest): Promise<string> {
  const made = (await service.admin('POST', '/v1/tokens', request)) as { secret: string };
  return made.secret;
}
