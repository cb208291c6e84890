import { messageOf } from '@watchbill/kit';
import type { MemoryView, SessionState } from '../contract.ts';
import { type CoreContext, readText, readTexts } from '../ground/context.ts';
import type { LedgerIdentity } from '../ground/genesis.ts';
import { keys } from '../ground/keys.ts';
import { compareMemory, type Disagreement, memoryOf, ownMemory } from '../ground/memory.ts';
import { decodeRecord, type ServiceRecord } from '../ground/records.ts';
import { continues } from './record.ts';
import type { ServiceBook } from './services.ts';

/** A reason not to grant, and the phase that follows from it. */
export interface Obstacle {
  readonly state: SessionState;
  readonly why: string;
}

/** The obstacle that is left, if any, and the services whose memory agreed with the store. */
export interface Compared {
  readonly obstacle: Obstacle | null;
  readonly agreed: readonly string[];
}

const PEER_TIMEOUT_MS = 2_000;

/** The parts that a comparison needs. */
interface Parts {
  readonly context: CoreContext;
  readonly identity: LedgerIdentity;
  readonly services: ServiceBook;
  /** A peer agreed with the store, and its session in the store is the one that it named. */
  readonly inherit: (peer: MemoryView) => void;
  /** Whether the session for which this compares is open: the base of a peer is for that one alone. */
  readonly isOpen: () => boolean;
}

/**
 * Compares the store with the memory of this service and of the others: protocol section 6. The obstacle must
 * end before this service may grant. Services in `except` are not asked again: one that is asked drops its
 * undelivered work, and at each interval that would be all work that takes longer.
 */
export async function compareMemories(parts: Parts, except: ReadonlySet<string>): Promise<Compared> {
  const own = (await otherEpoch(parts)) ?? (await ownObstacle(parts));
  return own === null ? askPeers(parts, except) : { obstacle: own, agreed: [] };
}

async function otherEpoch({ context, identity }: Parts): Promise<Obstacle | null> {
  const [text, recovery] = await readTexts(context, [keys.epoch, keys.recovery]);
  if (text !== identity.epochText)
    return { state: 'behind', why: 'the epoch of the store is not the one this service began with' };
  if (recovery == null) return null;
  const { plan, open, doneMs } = decodeRecord('recovery', recovery);
  if (doneMs !== null) return null;
  const why = `the recovery ${plan} is not finished: ${open.length} keys are to be adopted. Stop every service and run \`watchbill recover --execute ${plan}\``;
  return { state: 'checking', why };
}

/** The obstacle in our own record or our own memory. */
async function ownObstacle({ context, identity, services }: Parts): Promise<Obstacle | null> {
  const own = await services.readOwn();
  if (own === null) return { state: 'behind', why: 'this service is not listed in the ledger of the store' };
  if (own.state === 'removed') {
    const why = `this service was removed (${own.reason ?? 'no reason'}); start with a new data directory`;
    return { state: 'joining', why };
  }
  // As of now: an entry appended while the store is being read must not look like a store that is behind.
  const found = await compareMemory(context, identity, ownMemory(context));
  if (found !== null) return behind('our own memory', found);
  if (own.state !== 'joining') return null;
  return { state: 'joining', why: 'no memory of this ledger yet; waiting to be approved' };
}

async function askPeers(parts: Parts, except: ReadonlySet<string>): Promise<Compared> {
  const { services, context } = parts;
  const all = await services.readAll();
  const gone = services.goneFrom(all);
  if (gone !== null) {
    const why = `service ${gone} was listed and is no longer`;
    return { obstacle: { state: 'behind', why }, agreed: [] };
  }
  const self = context.parts.ledger.serviceId;
  const open = [...all].filter(([id, { state }]) => id !== self && state === 'serving' && !except.has(id));
  const asked = await Promise.all(
    open.map(async ([id, record]) => ({ id, problem: await askPeer(parts, id, record) })),
  );
  const problems = asked.map(({ problem }) => problem).filter((problem) => problem !== null);
  const agreed = asked.filter(({ problem }) => problem === null).map(({ id }) => id);
  return { obstacle: problems.find(({ state }) => state === 'behind') ?? problems[0] ?? null, agreed };
}

async function askPeer(parts: Parts, id: string, record: ServiceRecord): Promise<Obstacle | null> {
  const { context, identity } = parts;
  const missing = (why: string): Obstacle => ({ state: 'checking', why });
  if (record.url === null)
    return missing(`service ${record.name} (${id}) has no url in the ledger, so it cannot be asked`);
  try {
    const memory = await context.parts.peers.memory(record.url, identity.peerSecret, PEER_TIMEOUT_MS);
    if (memory.service !== id || memory.ledger !== identity.ledger)
      return missing(`a different service answers at the url of service ${record.name} (${id})`);
    const found = await compareMemory(context, identity, memoryOf(memory));
    if (found !== null) return behind(`the memory of ${record.name}`, found);
    await inheritFrom(parts, id, memory);
    return null;
  } catch (error) {
    return missing(`service ${record.name} (${id}) does not answer: ${messageOf(error)}`);
  }
}

/**
 * Only from a peer whose session the store has not lost: then this store holds every grant of that session.
 */
async function inheritFrom(
  { context, inherit, isOpen }: Parts,
  id: string,
  memory: MemoryView,
): Promise<void> {
  if (memory.session === undefined || memory.openedMs === undefined) return;
  const found = await readText(context, keys.session(id));
  if (continues(found, memory.session) && isOpen()) inherit(memory);
}

function behind(whose: string, found: Disagreement): Obstacle {
  return { state: 'behind', why: `${whose} is ahead of the store at ${found.mark}: ${found.why}` };
}
