import { randomHex } from '@watchbill/base';
import type { ClaimRequest } from '@watchbill/permit';
import { CHAIN, NODES, START_MS } from '../names.ts';
import type { AnswerEvent } from '../world/history.ts';
import type { World } from '../world/world.ts';
import { ask } from './claiming.ts';
import { saying } from './words.ts';

const MEAN_MS = 120;
/** Of the grants that were told last, so many are tried. */
const RECENT = 12;
const TIMEOUT_MS = 250;
/** Digest bytes of each duty that binds one. */
const DIGEST_BYTES: Readonly<Record<string, number>> = { babe: 32, grandpa: 40, beefy: 32 };

/**
 * Claims units that were granted already, with another payload, as another start of a listed node. The
 * services must never grant one: what a run promises is tried on every unit, not only on those that two
 * nodes happen to want.
 */
export function startProber(world: World): void {
  if (!world.plan.features.has('probes')) return;
  world.prober.start(async (life) => {
    const random = world.random.fork('prober');
    while (life.alive()) {
      await life.clock.sleep(random.int(10, 2 * MEAN_MS));
      // An operator who stopped the nodes stopped every signer.
      if (world.nodes.some(({ wanted }) => !wanted)) continue;
      const grants = recentGrants(world);
      if (grants.length === 0) continue;
      const { reply } = random.pick(grants);
      const bytes = DIGEST_BYTES[reply.duty];
      const node = random.pick(NODES);
      const machine = world.nodes.find(({ name }) => name === node);
      const mark = `${CHAIN}/${reply.key}/${reply.duty}`;
      const request: ClaimRequest = {
        claimId: randomHex(random, 8),
        chain: CHAIN,
        key: reply.key,
        duty: reply.duty,
        unit: reply.unit,
        part: reply.part,
        digest: bytes === undefined ? null : `0x${randomHex(random, bytes)}`,
        incarnation: randomHex(random, 16),
        timeoutMs: TIMEOUT_MS,
        ...(random.chance(0.3) && machine !== undefined ? saying(machine, mark) : {}),
      };
      const index = random.int(0, world.services.length - 1);
      void ask({ world, life }, index, { op: 'claim', request, as: node }, TIMEOUT_MS);
    }
  });
}

function recentGrants(world: World): readonly AnswerEvent[] {
  const found: AnswerEvent[] = [];
  const events = world.history.events();
  for (let index = events.length - 1; index >= 0 && found.length < RECENT; index--) {
    const event = events[index];
    if (event?.kind !== 'reply' || event.reply.outcome !== 'granted') continue;
    if (event.reply.part !== 'enter' && event.via !== 'probe' && event.atMs > START_MS) found.push(event);
  }
  return found;
}
