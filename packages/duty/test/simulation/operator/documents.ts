import type { PolicyDocument } from '@watchbill/duty/service';
import { CHAIN, GENESIS_MS, KEY, NODES, OBSERVERS, ROUND_STEP, SLOT_MS } from '../names.ts';
import type { World } from '../world/world.ts';

const WINDOW = 40;

const duty = (window: number, digestRequired = true) => ({ enabled: true, digestRequired, window });

/** The policy that a key begins with. */
export function firstDocument(world: World, key: string): PolicyDocument {
  const { features } = world.plan;
  const changes = features.has('scope-changes') && key !== KEY;
  const original = changes || (features.has('original-wire') && key !== KEY);
  return {
    chain: CHAIN,
    key,
    roster: NODES.map((name, rank) => ({ name, rank, rpcUrl: `http://${name}` })),
    duties: {
      babe: duty(1, !original),
      grandpa: duty(WINDOW, !original),
      beefy: duty(1),
      'im-online': duty(1, false),
    },
    ...(features.has('trusted-returns') ? { return: 'trust' as const } : {}),
    standbyDelayMs: 60,
    watchTtlMs: 1_000,
    ceilings: {
      genesisMs: GENESIS_MS,
      slotMs: SLOT_MS,
      allowedSkewMs: 500,
      roundStep: ROUND_STEP,
      blockStep: 2 * ROUND_STEP,
      sessionStep: 1,
      observers: [...OBSERVERS],
    },
    readiness: {
      required: false,
      maxAgeMs: 10_000,
      minPeers: 1,
      maxFinalityLagBlocks: 10,
      maxClockOffsetMs: 200,
    },
    originalWire: { enabled: original, slotDuty: 'babe', roundScope: changes ? 'unscoped' : 'node-set' },
  };
}

export function windows(): readonly number[] {
  return [2 * ROUND_STEP + 18, WINDOW, 64];
}
