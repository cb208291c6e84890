import type { ClaimReply, OriginalRequest } from '@watchbill/duty/service';
import { CHAIN, KEY, ROUND_MS, SESSION_MS, SLOT_MS } from '../names.ts';
import type { SimNode, World } from '../world/world.ts';
import { originalActs } from './chain.ts';
import { ask, type NodeProcess, noteTold, release } from './claiming.ts';
import { every } from './periods.ts';

/** The first node speaks the original wire protocol for the second key. */
export function usesOriginal(world: World, node: SimNode, key: string): boolean {
  const { features } = world.plan;
  const enabled = features.has('original-wire') || features.has('scope-changes');
  return enabled && key !== KEY && node === world.nodes[0];
}

export function followOriginal(process: NodeProcess, key: string): void {
  void every(process.life, SLOT_MS, (slot) =>
    askOriginal(process, key, { kind: 'slot', number: String(slot) }),
  );
  void every(process.life, ROUND_MS, (round) =>
    askOriginal(process, key, { kind: 'round', number: String(round) }),
  );
  void every(process.life, SESSION_MS, (index) =>
    askOriginal(process, key, { kind: 'session', number: String(index) }),
  );
}

const BUDGET_MS = 3_000;

/** One question, asked once: the original protocol has no claim ids. */
async function askOriginal(process: NodeProcess, key: string, request: OriginalRequest): Promise<void> {
  const { random, world } = process;
  const index = random.int(0, world.services.length - 1);
  const allowed = await ask(process, index, { op: 'original', key, request }, BUDGET_MS);
  if (allowed !== true) return;
  for (const act of originalActs(request)) {
    const wish = { key, digest: null, ...act };
    noteTold(process, replyOf(process, wish));
    release(process, wish);
  }
}

function replyOf(
  process: NodeProcess,
  wish: Pick<ClaimReply, 'key' | 'duty' | 'unit' | 'part' | 'digest'>,
): ClaimReply {
  const rest = { message: '', claimId: 'original', ledger: '', head: null, word: null, watch: null };
  return {
    outcome: 'granted',
    reason: 'new',
    chain: CHAIN,
    incarnation: process.incarnation,
    ...wish,
    ...rest,
  };
}
