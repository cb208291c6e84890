import type { AdoptRequest, PolicyDocument } from '@watchbill/duty/service';
import type { ServiceProcess } from '../service/service-process.ts';

export interface CollatorKey {
  /** Genesis hash of the parachain, `0x` and 64 digits. */
  readonly chain: string;
  /** Public Aura key, `0x` and 64 digits. */
  readonly key: string;
  /** Its machines, in order of rank. */
  readonly machines: readonly string[];
  readonly slotMs: number;
}

const DUTY = 'aura-parachain';
const STANDBY_DELAY_MS = 1_000;
const WATCH_TTL_MS = 3_000;

/** Policy and adoption of a key that never signed: from here on the service answers for the collator. */
export async function adoptCollator(service: ServiceProcess, collator: CollatorKey): Promise<void> {
  await service.admin('PUT', '/v1/policies', policyOf(collator));
  const { chain, key } = collator;
  const confirmation = 'development key of a chain that was made a moment ago';
  const adoption: AdoptRequest = { chain, key, floors: { [DUTY]: null }, confirmation };
  await service.admin('POST', '/v1/adoptions', adoption);
}

function policyOf({ chain, key, machines, slotMs }: CollatorKey): PolicyDocument {
  return {
    chain,
    key,
    roster: machines.map((name, rank) => ({ name, rank })),
    standbyDelayMs: STANDBY_DELAY_MS,
    watchTtlMs: WATCH_TTL_MS,
    duties: { [DUTY]: { enabled: true, digestRequired: true, window: 64 } },
    ceilings: {
      genesisMs: 0,
      slotMs,
      allowedSkewMs: 500,
      roundStep: 16,
      blockStep: 16,
      sessionStep: 2,
      observers: [],
    },
    readiness: {
      required: true,
      maxAgeMs: 4_000,
      minPeers: 1,
      maxFinalityLagBlocks: 40,
      maxClockOffsetMs: 500,
    },
    originalWire: { enabled: false, slotDuty: 'aura', roundScope: 'node-set' },
  };
}
