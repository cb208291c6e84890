import type { MarkView } from '@watchbill/duty/service';
import { keyOf, type ScenarioSetup } from './scenario-setup.ts';

/** BEEFY in a stretch of time, or since the beginning of the chain. */
export interface BeefyCount {
  /** Votes of the identity that the service granted. */
  readonly votes: number;
  /** Blocks that BEEFY finalised. */
  readonly blocks: number;
}

/** The counts until now; null on a chain without BEEFY. */
export async function beefyNow(setup: ScenarioSetup): Promise<BeefyCount | null> {
  if (setup.kind.relayBinary === null) return null;
  return { votes: await beefyVotes(setup), blocks: await beefyHead(setup) };
}

/** The number of the last block that BEEFY finalised; 0 before the first. */
export async function beefyHead({ network, kind }: ScenarioSetup): Promise<number> {
  const { rpc } = network.node((kind.others[0] ?? '').toLowerCase());
  try {
    const head = await rpc.call<string>('beefy_getFinalizedHead');
    return Number((await rpc.call<{ number: string }>('chain_getHeader', [head])).number);
  } catch (error) {
    // The method refuses until BEEFY has finalised a first block.
    if (String(error).includes('not ready')) return 0;
    throw error;
  }
}

async function beefyVotes({ services, kind }: ScenarioSetup): Promise<number> {
  const path = `/v1/marks?key=${keyOf(kind, 'beef')}`;
  const { marks } = (await services.alive().admin('GET', path)) as { marks: readonly MarkView[] };
  return Number(marks[0]?.head.seq ?? 0);
}
