import type { Head, SessionState } from '../contract.ts';
import { type CoreContext, readTexts } from './context.ts';
import type { LedgerIdentity } from './genesis.ts';
import { keys } from './keys.ts';
import { compareMemory, type Disagreement } from './memory.ts';
import type { ServiceRecord } from './records.ts';
import type { ServiceBook } from './services.ts';

/** What stands against granting, and the state that follows from it. */
export interface Obstacle {
  readonly state: SessionState;
  readonly why: string;
}

export interface PeersFound {
  readonly gone: Obstacle | null;
  readonly found: ReadonlyMap<string, Obstacle | null>;
  readonly remembering: number;
}

/** The store held against what this service and the others remember: protocol section 6. Null is agreement. */
export interface Comparison {
  epoch(): Promise<Obstacle | null>;
  own(): Promise<Obstacle | null>;
  /**
   * By service id, for the services that serve and are not in `except`; each is asked within the time. `remembering`
   * counts those that agree and whose memory says something of what was granted before this service began.
   */
  peers(except: ReadonlySet<string>, timeoutMs: number): Promise<PeersFound>;
}

export function createComparison(
  context: CoreContext,
  identity: LedgerIdentity,
  services: ServiceBook,
): Comparison {
  const { ledger } = context.parts;

  async function ask(id: string, record: ServiceRecord, timeoutMs: number): Promise<Asked> {
    const missing = (why: string): Asked => ({ problem: { state: 'checking', why }, remembers: false });
    if (record.url === null) return missing(`service ${record.name} (${id}) has no url to be asked at`);
    try {
      const memory = await context.parts.peers.memory(record.url, identity.peerSecret, timeoutMs);
      if (memory.service !== id || memory.ledger !== identity.ledger) {
        return missing(`another service than ${record.name} (${id}) answers at its url`);
      }
      const found = await compareMemory(context, identity, new Map(Object.entries(memory.heads)));
      if (found !== null) return { problem: behind(`the memory of ${record.name}`, found), remembers: true };
      const remembers = Object.keys(memory.heads).length > 0 && !services.isLatecomer(id);
      return { problem: null, remembers };
    } catch (error) {
      return missing(`service ${record.name} (${id}) does not answer: ${messageOf(error)}`);
    }
  }

  return {
    async epoch() {
      const [text] = await readTexts(context, [keys.epoch]);
      if (text === identity.epochText) return null;
      return { state: 'behind', why: 'the epoch of the store is not the one this service began with' };
    },
    async own() {
      // As of now: what is appended while the store is being read must not look like a store that is behind.
      const heads: ReadonlyMap<string, Head> = new Map(ledger.heads());
      const found = await compareMemory(context, identity, heads);
      return found === null ? null : behind('our own memory', found);
    },
    async peers(except, timeoutMs) {
      const listed = await services.readAll();
      const gone = services.goneFrom(listed);
      if (gone !== null) {
        const why = `service ${gone} was listed and is no longer`;
        return { gone: { state: 'behind', why }, found: new Map(), remembering: 0 };
      }
      const open = [...listed].filter(
        ([id, record]) => id !== ledger.serviceId && record.state === 'serving' && !except.has(id),
      );
      const asked = await Promise.all(
        open.map(async ([id, record]) => ({ id, ...(await ask(id, record, timeoutMs)) })),
      );
      const found = new Map(asked.map(({ id, problem }) => [id, problem]));
      const remembering = asked.filter(({ problem, remembers }) => problem === null && remembers).length;
      return { gone: null, found, remembering };
    },
  };
}

interface Asked {
  readonly problem: Obstacle | null;
  readonly remembers: boolean;
}

function behind(whose: string, found: Disagreement): Obstacle {
  return { state: 'behind', why: `${whose} is ahead of the store at ${found.mark}: ${found.why}` };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
