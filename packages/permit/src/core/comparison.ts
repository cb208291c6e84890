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

/** The store held against what this service and the others remember: protocol section 6. Null is agreement. */
export interface Comparison {
  epoch(): Promise<Obstacle | null>;
  own(): Promise<Obstacle | null>;
  /** By service id, for the services that serve and are not in `except`; each is asked within the time. */
  peers(
    except: ReadonlySet<string>,
    timeoutMs: number,
  ): Promise<{ readonly gone: Obstacle | null; readonly found: ReadonlyMap<string, Obstacle | null> }>;
}

export function createComparison(
  context: CoreContext,
  identity: LedgerIdentity,
  services: ServiceBook,
): Comparison {
  const { ledger } = context.parts;

  async function ask(id: string, record: ServiceRecord, timeoutMs: number): Promise<Obstacle | null> {
    if (record.url === null)
      return { state: 'checking', why: `service ${record.name} (${id}) has no url to be asked at` };
    try {
      const memory = await context.parts.peers.memory(record.url, identity.peerSecret, timeoutMs);
      if (memory.service !== id || memory.ledger !== identity.ledger) {
        return { state: 'checking', why: `another service than ${record.name} (${id}) answers at its url` };
      }
      const found = await compareMemory(context, identity, new Map(Object.entries(memory.heads)));
      return found === null ? null : behind(`the memory of ${record.name}`, found);
    } catch (error) {
      return {
        state: 'checking',
        why: `service ${record.name} (${id}) does not answer: ${messageOf(error)}`,
      };
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
        return { gone: { state: 'behind', why }, found: new Map() };
      }
      const open = [...listed].filter(
        ([id, record]) => id !== ledger.serviceId && record.state === 'serving' && !except.has(id),
      );
      const found = await Promise.all(
        open.map(async ([id, record]) => [id, await ask(id, record, timeoutMs)] as const),
      );
      return { gone: null, found: new Map(found) };
    },
  };
}

function behind(whose: string, found: Disagreement): Obstacle {
  return { state: 'behind', why: `${whose} is ahead of the store at ${found.mark}: ${found.why}` };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
