import type { ServiceProcess } from './service-process.ts';

/** Chain and keys of the process tests; nothing in the world uses them. */
export const CHAIN = `0x${'7a'.repeat(32)}`;
export const keyOf = (index: number) => `0x${index.toString(16).padStart(64, '0')}`;

export interface KeySetup {
  readonly key: string;
  readonly nodes: readonly string[];
  readonly original?: boolean;
  readonly slotMs?: number;
  readonly genesisMs?: number;
  readonly standbyDelayMs?: number;
  /** Given, only slots within it count as due, and the policy does not trust returns. */
  readonly skewMs?: number;
}

/**
 * Policy and adoption of a key that never signed: babe only, slots of 20 ms, no readiness asked. Ten minutes
 * of skew let a test name slots from 1 on, however long it takes; trusted returns let a service go on in the
 * middle of them.
 */
export async function setUpKey(service: ServiceProcess, setup: KeySetup): Promise<void> {
  const original = setup.original === true;
  await service.admin('PUT', '/v1/policies', {
    chain: CHAIN,
    key: setup.key,
    roster: setup.nodes.map((name, rank) => ({ name, rank })),
    duties: { babe: { enabled: true, digestRequired: !original } },
    standbyDelayMs: setup.standbyDelayMs ?? 0,
    ...(setup.skewMs === undefined ? { return: 'trust' } : {}),
    ceilings: {
      genesisMs: setup.genesisMs ?? Date.now() - 60_000,
      slotMs: setup.slotMs ?? 20,
      allowedSkewMs: setup.skewMs ?? 600_000,
    },
    readiness: { required: false },
    ...(original ? { originalWire: { enabled: true, slotDuty: 'babe', roundScope: 'unscoped' } } : {}),
  });
  await service.admin('POST', '/v1/adoptions', {
    chain: CHAIN,
    key: setup.key,
    floors: { babe: null },
    confirmation: 'the key was made for this test',
  });
}

/** The secret of a new node token; with `key`, of a base URL of the original wire protocol. */
export async function nodeSecret(service: ServiceProcess, name: string, key?: string): Promise<string> {
  const body = { role: 'node', name, ...(key === undefined ? {} : { original: { chain: CHAIN, key } }) };
  const made = (await service.admin('POST', '/v1/tokens', body)) as { secret: string };
  return made.secret;
}
