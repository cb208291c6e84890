import type { ClaimRequest } from '@watchbill/duty/service';
import { randomHex } from '@watchbill/kit';
import { createHost, type Life, type SeededRandom } from '@watchbill/testkit/sim';
import { CHAIN, NODES, ROUND_MS, SLOT_MS } from '../names.ts';
import type { World } from '../world/world.ts';
import { chainRound, chainSlot, roundText } from './chain.ts';
import { ask } from './claiming.ts';

const TIMEOUT_MS = 250;

/** Claims that no sane gate makes, each as another start of a listed node. */
export function startStrays(world: World): void {
  const { features } = world.plan;
  if (features.has('forged-words')) start(world, 'forger', forgedClaim, 500);
  if (features.has('sleepers')) start(world, 'sleeper', pastClaim, 300);
  if (features.has('wrong-clocks')) start(world, 'ahead', futureClaim, 200);
  if (features.has('held-enters'))
    for (const name of ['standby-1', 'standby-2']) start(world, name, heldEnter, 20);
}

type Stray = Pick<ClaimRequest, 'duty' | 'unit' | 'part' | 'digest' | 'word' | 'term'> & {
  readonly as?: string;
  /** The service may hold the claim for this long. */
  readonly heldMs?: number;
};
type Draw = (world: World, random: SeededRandom, key: string) => Stray | null;

function start(world: World, name: string, draw: Draw, meanMs: number): void {
  createHost(world.clock, name).start(async (life: Life) => {
    const random = world.random.fork(name);
    while (life.alive()) {
      await life.clock.sleep(random.int(20, 2 * meanMs));
      // An operator who stopped the nodes stopped every signer.
      if (world.mood.calm || world.nodes.some(({ wanted }) => !wanted)) continue;
      const key = random.pick(world.keys);
      const stray = draw(world, random, key);
      if (stray === null) continue;
      const { as: standby, heldMs = 0, ...rest } = stray;
      const timeoutMs = TIMEOUT_MS + heldMs;
      const request: ClaimRequest = {
        claimId: randomHex(random, 8),
        chain: CHAIN,
        key,
        incarnation: randomHex(random, 16),
        timeoutMs,
        ...rest,
      };
      const index = random.int(0, world.services.length - 1);
      const isForged = stray.word !== undefined;
      const as = standby ?? random.pick(NODES);
      const asking = ask({ world, life }, index, { op: 'claim', request, as, isForged }, timeoutMs);
      if (heldMs > 0) await asking;
    }
  });
}

/** The hash of a true word is replaced: its HMAC no longer fits. */
function forgedClaim(world: World, random: SeededRandom, key: string): Stray | null {
  const mark = `${CHAIN}/${key}/grandpa`;
  const words = world.nodes.map(({ told }) => told.get(mark)?.word ?? null).filter((word) => word !== null);
  if (words.length === 0) return null;
  const fields = random.pick(words).split('.');
  const word = fields.with(4, randomHex(random, 32)).join('.');
  const unit = roundText(world.plan, chainRound(world.clock.nowMs()));
  return { duty: 'grandpa', unit, part: 'enter', digest: null, word, term: termNow(world, key) };
}

/** A process that slept between its decision to sign and its claim. */
function pastClaim(world: World, random: SeededRandom, key: string): Stray {
  const nowMs = world.clock.nowMs();
  if (random.chance(0.3)) {
    const unit = String(chainSlot(nowMs - random.int(4, 8) * SLOT_MS));
    return { duty: 'babe', unit, part: 'seal', digest: `0x${randomHex(random, 32)}` };
  }
  const unit = roundText(world.plan, chainRound(nowMs - random.int(6, 18) * ROUND_MS));
  return { duty: 'grandpa', unit, part: 'enter', digest: null, term: termNow(world, key) };
}

/** A node whose clock is as wrong as that of a service. */
function futureClaim(world: World, random: SeededRandom): Stray {
  const unit = String(chainSlot(world.clock.nowMs() + 3 * 3_600_000 + random.int(0, SLOT_MS)));
  return { duty: 'babe', unit, part: 'seal', digest: `0x${randomHex(random, 32)}` };
}

/** A gate that stands by, and asks for the round of its voter until the watch comes to its node. */
function heldEnter(world: World, random: SeededRandom, key: string): Stray {
  const unit = roundText(world.plan, chainRound(world.clock.nowMs()) + 3n);
  const as = NODES.find((name) => name !== watchNow(world, key)?.holder) ?? random.pick(NODES);
  return { duty: 'grandpa', unit, part: 'enter', digest: null, term: termNow(world, key), as, heldMs: 3_000 };
}

/** The term of the watch as some node was told it last. */
function termNow(world: World, key: string): string {
  return watchNow(world, key)?.term ?? '0';
}

function watchNow(world: World, key: string) {
  const told = world.history
    .events()
    .findLast((event) => event.kind === 'reply' && event.reply.key === key && event.reply.watch !== null);
  return told?.kind === 'reply' ? told.reply.watch : null;
}
