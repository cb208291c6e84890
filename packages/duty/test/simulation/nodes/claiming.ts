import type { Part } from '@watchbill/duty/rule';
import type { ClaimReply, ClaimRequest } from '@watchbill/duty/service';
import { randomHex } from '@watchbill/kit';
import type { Life, SeededRandom } from '@watchbill/testkit/sim';
import { CHAIN } from '../names.ts';
import { isOn } from '../plan/plan.ts';
import type { ServiceRequest } from '../services/requests.ts';
import type { SimNode, World } from '../world/world.ts';
import { remember, saying } from './words.ts';

/** One start of a node: its incarnation, and what the gate in it remembers of its own seals. */
export interface NodeProcess {
  readonly world: World;
  readonly node: SimNode;
  readonly life: Life;
  readonly random: SeededRandom;
  readonly incarnation: string;
  readonly sealed: Set<string>;
  /** By key: the watch term that the node was told last. */
  readonly terms: Map<string, string>;
}

export interface Wish {
  readonly key: string;
  readonly duty: string;
  readonly unit: string;
  readonly part: Part;
  readonly digest: string | null;
  readonly term?: string;
}

const MIN_BUDGET_MS = 20;

/**
 * Ask until a service grants or denies, sometimes two at once; sign only on a reply that is ours and in
 * time.
 */
export async function claim(process: NodeProcess, wish: Wish, budgetMs: number): Promise<boolean> {
  const { life, random, incarnation, world } = process;
  const endMs = life.clock.monotonicMs() + budgetMs;
  const base = { claimId: randomHex(random, 8), chain: CHAIN, incarnation, ...wish };
  while (life.alive()) {
    const leftMs = endMs - life.clock.monotonicMs();
    if (leftMs < MIN_BUDGET_MS) return false;
    const first = random.int(0, world.services.length - 1);
    const second = (first + 1) % world.services.length;
    const asked = random.chance(0.25) ? [first, second] : [first];
    const timeoutMs = Math.round(random.chance(0.5) ? leftMs : Math.min(leftMs, random.int(20, 400)));
    const replies = await Promise.all(asked.map((index) => askClaim(process, index, { ...base, timeoutMs })));
    const granted = replies.some((reply) => reply?.outcome === 'granted' && echoes(reply, wish, process));
    if (granted) {
      if (isOn(world.plan, 'resends')) void claimAgain(process, base);
      return life.clock.monotonicMs() < endMs && release(process, wish);
    }
    // No rule forbids asking again after a denial, so some nodes do.
    if (replies.some((reply) => reply?.outcome === 'denied') && random.chance(0.2)) return false;
    await life.clock.sleep(random.int(5, 80));
  }
  return false;
}

const RESENDS = 3;
const RESEND_MS: readonly [number, number] = [20, 700];
const RESEND_TIMEOUT_MS = 250;

/**
 * Sends a claim again that was granted, as a gate does that lost the reply. What a service answers changes
 * nothing at the node, but an answer is a grant like any other: also a repeat goes to listed nodes only.
 */
async function claimAgain(process: NodeProcess, base: Omit<ClaimRequest, 'timeoutMs'>): Promise<void> {
  const { life, random, world } = process;
  // A new enter under an old term is another question than a repeat.
  if (base.part === 'enter') return;
  for (let sent = 0; sent < RESENDS; sent++) {
    await life.clock.sleep(random.int(...RESEND_MS));
    if (!life.alive()) return;
    const index = random.int(0, world.services.length - 1);
    await askClaim(process, index, { ...base, timeoutMs: RESEND_TIMEOUT_MS });
  }
}

function echoes(reply: ClaimReply, wish: Wish, { incarnation }: NodeProcess): boolean {
  return reply.incarnation === incarnation && reply.digest === wish.digest && reply.unit === wish.unit;
}

async function askClaim(
  process: NodeProcess,
  index: number,
  base: Omit<ClaimRequest, 'word'>,
): Promise<ClaimReply | null> {
  const { node, world } = process;
  const request: ClaimRequest = { ...base, ...saying(node, `${base.chain}/${base.key}/${base.duty}`) };
  const budgetMs = (request.timeoutMs ?? 0) + MIN_BUDGET_MS;
  const reply = (await ask(process, index, { op: 'claim', request }, budgetMs)) as ClaimReply | null;
  if (reply === null || reply.claimId !== request.claimId) return null;
  noteTold(process, reply);
  remember(node, request, reply, world.plan.sabotage === 'highest-word');
  if (reply.watch !== null) process.terms.set(reply.key, reply.watch.term);
  return reply.outcome === 'granted' && !world.mood.calm && !process.life.alive() ? null : reply;
}

export function noteTold({ world, node, incarnation }: NodeProcess, reply: ClaimReply): void {
  world.history.add({ kind: 'told', atMs: world.clock.nowMs(), node: node.name, incarnation, reply });
}

/** The gate seals a unit once. A vote that was let out may be sent again. */
export function release(process: NodeProcess, wish: Omit<Wish, 'term'>): boolean {
  const { world, node, sealed, incarnation } = process;
  const { key, duty, unit, part, digest } = wish;
  if (part === 'enter') return true;
  const name = `${key} ${duty} ${unit} ${part}`;
  if (sealed.has(name)) return true;
  sealed.add(name);
  const act = { chain: CHAIN, key, duty, unit, part, digest };
  world.history.add({ kind: 'release', atMs: world.clock.nowMs(), node: node.name, incarnation, ...act });
  return true;
}

/** Null where no answer came in time. */
export async function ask(
  { world, life }: Pick<NodeProcess, 'world' | 'life'>,
  index: number,
  request: ServiceRequest,
  timeoutMs: number,
): Promise<unknown> {
  const service = world.services[index];
  if (service === undefined) return null;
  try {
    return await world.network.request(life, service.name, request, timeoutMs);
  } catch {
    return null;
  }
}
