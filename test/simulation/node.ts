import type { Part } from '@watchbill/duty';
import type { ClaimReply, ClaimRequest, Head, WatchState } from '@watchbill/permit';
import { randomHex } from '@watchbill/store';
import type { Life, SeededRandom } from '@watchbill/testkit';
import { CHAIN, GENESIS_MS, KEY, ROUND_MS, SERVICES, SESSION_MS, SLOT_MS } from './names.ts';
import type { ServiceRequest } from './service.ts';
import type { SimNode, World } from './world.ts';

/** One start of a node: its incarnation, and what the gate in it remembers of its own seals. */
interface NodeProcess {
  readonly world: World;
  readonly node: SimNode;
  readonly life: Life;
  readonly random: SeededRandom;
  readonly incarnation: string;
  readonly sealed: Set<string>;
  term: string;
}

export function startNode(world: World, node: SimNode): void {
  node.host.start((life) => {
    const random = world.random.fork(`${node.name}/${life.number}`);
    const process: NodeProcess = {
      world,
      node,
      life,
      random,
      incarnation: randomHex(random, 16),
      sealed: new Set(),
      term: '0',
    };
    void every(process, SLOT_MS, (slot) => sealSlot(process, slot));
    void every(process, ROUND_MS, (round) => voteInRound(process, round));
    void every(process, SESSION_MS, (session) => heartbeat(process, session));
    void report(process);
  });
}

/** Call at the beginning of each period by the wall clock of the node, without waiting for the one before. */
async function every(
  { life }: NodeProcess,
  periodMs: number,
  act: (index: number) => Promise<void>,
): Promise<void> {
  let last = -1;
  while (life.alive()) {
    const sinceMs = life.clock.nowMs() - GENESIS_MS;
    const index = Math.floor(sinceMs / periodMs);
    if (index !== last) void act(index);
    last = index;
    await life.clock.sleep((index + 1) * periodMs - sinceMs);
  }
}

async function report(process: NodeProcess): Promise<void> {
  const { life, random } = process;
  while (life.alive()) {
    const state = {
      chain: CHAIN,
      keys: [KEY],
      syncing: false,
      peers: 5,
      finalityLagBlocks: 0,
      clockOffsetMs: 0,
    };
    const answer = await ask(process, random.pick(SERVICES), { op: 'ready', report: state }, 500);
    const watch = (answer as readonly WatchState[] | null)?.[0];
    if (watch !== undefined) process.term = watch.term;
    await life.clock.sleep(300);
  }
}

/** Two nodes, and two starts of a node, build different blocks for one slot. */
async function sealSlot(process: NodeProcess, slot: number): Promise<void> {
  const digest = `0x${randomHex(process.random, 32)}`;
  const endMs = GENESIS_MS + slot * SLOT_MS + (SLOT_MS * 2) / 3;
  await claim(
    process,
    { duty: 'babe', unit: String(slot), part: 'seal', digest },
    endMs - process.life.clock.nowMs(),
  );
}

/** The vote is one of two targets: nodes, and starts of a node, may see different heads. */
async function voteInRound(process: NodeProcess, round: number): Promise<void> {
  const unit = `0/${round}`;
  const { term } = process;
  if (!(await claim(process, { duty: 'grandpa', unit, part: 'enter', digest: null, term }, 600))) return;
  for (const part of ['prevote', 'precommit'] as const) {
    const digest = `0x${process.random.pick(['0a', '0b']).repeat(40)}`;
    await claim(process, { duty: 'grandpa', unit, part, digest }, 3_000);
  }
}

async function heartbeat(process: NodeProcess, session: number): Promise<void> {
  await claim(process, { duty: 'im-online', unit: String(session), part: 'heartbeat', digest: null }, 2_000);
}

interface Wish {
  readonly duty: string;
  readonly unit: string;
  readonly part: Part;
  readonly digest: string | null;
  readonly term?: string;
}

/** Ask until somebody grants or denies, sometimes two services at once; sign only on a reply that is ours and in time. */
async function claim(process: NodeProcess, wish: Wish, budgetMs: number): Promise<boolean> {
  const { life, node, random, incarnation } = process;
  const endMs = life.clock.monotonicMs() + budgetMs;
  const mark = `${CHAIN}/${KEY}/${wish.duty}`;
  const request = { claimId: randomHex(random, 8), chain: CHAIN, key: KEY, incarnation, ...wish };
  while (life.alive()) {
    const leftMs = endMs - life.clock.monotonicMs();
    if (leftMs < 20) return false;
    const first = random.pick(SERVICES);
    const asked = random.chance(0.25) ? SERVICES : [first];
    const timeoutMs = Math.round(random.chance(0.5) ? leftMs : Math.min(leftMs, random.int(20, 400)));
    const full = { ...request, atLeast: node.told.get(mark) ?? null, timeoutMs };
    const replies = await Promise.all(
      asked.map((service) => askClaim(process, service, full, timeoutMs + 20)),
    );
    const inTime = life.clock.monotonicMs() < endMs;
    const granted = replies.some((reply) => reply?.outcome === 'granted' && echoes(reply, full));
    if (granted) return inTime && release(process, wish);
    // Nothing forbids to ask again after a denial, so some do.
    if (replies.some((reply) => reply?.outcome === 'denied') && random.chance(0.1)) return false;
    await life.clock.sleep(random.int(5, 60));
  }
  return false;
}

function echoes(reply: ClaimReply, request: ClaimRequest): boolean {
  return (
    reply.claimId === request.claimId &&
    reply.incarnation === request.incarnation &&
    reply.digest === (request.digest ?? null) &&
    reply.unit === request.unit
  );
}

async function askClaim(
  process: NodeProcess,
  service: string,
  request: ClaimRequest,
  timeoutMs: number,
): Promise<ClaimReply | null> {
  const reply = (await ask(process, service, { op: 'claim', request }, timeoutMs)) as ClaimReply | null;
  if (reply === null) return null;
  const { world, node, incarnation } = process;
  world.history.add({ kind: 'told', atMs: world.clock.nowMs(), node: node.name, incarnation, reply });
  if (reply.head !== null) remember(node, `${reply.chain}/${reply.key}/${reply.duty}`, reply.head);
  return reply;
}

/** The gate keeps, on the disk of its machine, the highest it was told. */
function remember(node: SimNode, mark: string, head: Head): void {
  const known = node.told.get(mark);
  if (known === undefined || known.epoch !== head.epoch || BigInt(head.seq) > BigInt(known.seq))
    node.told.set(mark, head);
}

/** The gate seals a unit once; a vote that was let out may be sent again. */
function release({ world, node, sealed, incarnation }: NodeProcess, wish: Wish): boolean {
  const { duty, unit, part, digest } = wish;
  if (part === 'enter') return true;
  const name = `${duty} ${unit} ${part}`;
  if (sealed.has(name)) return true;
  sealed.add(name);
  const act = { chain: CHAIN, key: KEY, duty, unit, part, digest };
  world.history.add({ kind: 'release', atMs: world.clock.nowMs(), node: node.name, incarnation, ...act });
  return true;
}

async function ask(
  { world, life }: Pick<NodeProcess, 'world' | 'life'>,
  service: string,
  request: ServiceRequest,
  timeoutMs: number,
): Promise<unknown> {
  try {
    return await world.network.request(life, service, request, timeoutMs);
  } catch {
    return null;
  }
}

/** Someone else than a claimant who says how far the chain is. */
export function startObserver(world: World): void {
  world.observer.start(async (life) => {
    const random = world.random.fork('observer');
    while (life.alive()) {
      const sinceMs = life.clock.nowMs() - GENESIS_MS;
      const round = String(Math.floor(sinceMs / ROUND_MS));
      const session = String(Math.floor(sinceMs / SESSION_MS));
      const report = { chain: CHAIN, finalizedBlock: '1', setId: '0', round, session };
      await ask({ world, life }, random.pick(SERVICES), { op: 'observe', report }, 200);
      await life.clock.sleep(400);
    }
  });
}
