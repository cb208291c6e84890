import type { Receipt } from '../../actions/receipt.ts';
import type { Execution } from '../../cursor.ts';
import type { Fault } from '../../faults.ts';
import type { Outcome } from '../../outcome.ts';
import type { InputAsk, Validation } from '../../rules.ts';
import type { Arrival, Frame, TransportEvents } from '../../transport/port.ts';
import type { ClockSource, Records, RunnerPorts } from '../ports.ts';
import type { OpenTransport } from '../run-group.ts';

/** A chain whose heights a test gives. */
export interface FakeClock extends ClockSource {
  push(height: bigint): void;
  fail(error: Error): void;
}

export function fakeClock(input: (ask: InputAsk, signal: AbortSignal) => Promise<Uint8Array>): FakeClock {
  const waiting: bigint[] = [];
  let failure: Error | null = null;
  let wake = (): void => undefined;
  return {
    input,
    push: (height) => {
      waiting.push(height);
      wake();
    },
    fail: (error) => {
      failure = error;
      wake();
    },
    heights: async function* (signal) {
      while (!signal.aborted) {
        const height = waiting.shift();
        if (failure !== null) throw failure;
        if (height !== undefined) yield height;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
      }
    },
  };
}

export interface FakeRecords extends Records {
  cursor: string | null;
  readonly cursors: string[];
  readonly outcomes: Outcome[];
  readonly faults: { readonly window: bigint; readonly fault: Fault }[];
  readonly receipts: Receipt[];
  /** Storing of these kinds fails while they stand here; `hang` never ends. */
  readonly broken: Map<'cursor' | 'outcome' | 'fault', 'fail' | 'hang'>;
}

export function fakeRecords(cursor: string | null = null): FakeRecords {
  const broken: FakeRecords['broken'] = new Map();
  const guard = async (what: 'cursor' | 'outcome' | 'fault') => {
    if (broken.get(what) === 'hang') await new Promise(() => undefined);
    if (broken.get(what) === 'fail') throw new Error('no space left');
  };
  const records: FakeRecords = {
    cursor,
    cursors: [],
    outcomes: [],
    faults: [],
    receipts: [],
    broken,
    loadCursor: async () => records.cursor,
    storeCursor: async (text) => {
      await guard('cursor');
      records.cursor = text;
      records.cursors.push(text);
    },
    fault: async (window, fault) => {
      await guard('fault');
      records.faults.push({ window, fault });
    },
    outcome: async (outcome) => {
      await guard('outcome');
      records.outcomes.push(outcome);
    },
    receipt: async (_window, receipt) => void records.receipts.push(receipt),
  };
  return records;
}

/** A transport of one member: keeps its messages, and delivers those of a test. */
export function fakeWire() {
  const sent: Frame[] = [];
  let events: TransportEvents = { arrived: () => undefined };
  let closed = false;
  return {
    sent,
    arrive: (arrival: Arrival): void => events.arrived(arrival),
    isClosed: (): boolean => closed,
    open: (async (given) => {
      events = given;
      return {
        seat: 0,
        broadcast: (frame) => void sent.push(frame),
        peers: () => [],
        refusals: () => new Map(),
        close: async () => {
          closed = true;
        },
      };
    }) satisfies OpenTransport,
  };
}

export interface FakeExecutor {
  readonly begun: Execution[];
  readonly signals: AbortSignal[];
  /** False: the running action does not end when its signal does. */
  heedsStop: boolean;
  /** Ends the running action. */
  end(failure?: Error): void;
}

export function fakePorts<Plan, Proposal>(parts: {
  readonly clock: ClockSource;
  readonly records: Records;
  readonly generate: (plan: Plan, attempt: number, signal: AbortSignal) => Promise<Proposal>;
}): { readonly ports: RunnerPorts<Plan, Proposal>; readonly executor: FakeExecutor } {
  let finish: (failure?: Error) => void = () => undefined;
  const executor: FakeExecutor = {
    begun: [],
    signals: [],
    heedsStop: true,
    end: (failure) => finish(failure),
  };
  const unknown = async (): Promise<Validation> => ({ result: 'unknown', why: 'not asked in this test' });
  return {
    executor,
    ports: {
      clock: parts.clock,
      records: parts.records,
      procedure: { generate: parts.generate, validate: unknown },
      executor: {
        execute: (execution, signal) => {
          executor.begun.push(execution);
          executor.signals.push(signal);
          return new Promise((resolve, reject) => {
            finish = (failure) => (failure === undefined ? resolve() : reject(failure));
            signal.addEventListener('abort', () => executor.heedsStop && resolve(), { once: true });
          });
        },
      },
    },
  };
}
