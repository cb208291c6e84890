import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Claim, LedgerEntry, Mark } from '../../../rule/index.ts';
import { StoreFault, type Transaction } from '../../../store/index.ts';
import type { SessionState } from '../../contract.ts';
import type { HeldMark } from '../../ground/marks.ts';
import type { HeldWatch } from '../../ground/records.ts';
import type { Verdict } from '../../ground/verdict.ts';
import { LedgerFault } from '../../ledger/port.ts';
import type { SaidWord } from '../../rollback-reports/report.ts';
import type { Moment } from '../../session/state.ts';
import { answerAtDeadline, answerClaim } from '../answer.ts';
import type { Asked, Basis, ClaimUnderWay, Standing } from '../asked.ts';
import type { ClaimEffects, TransactionAnswer } from '../claim-effects.ts';
import { basisOf, FREE, now, onTurn, SEAL, short, startedClaim, turn } from './claim.ts';

/** The service at the moment of an event. */
export interface Now {
  readonly at: Moment;
  /** False once the session was lost, or another service asked for memory, since the claim began. */
  readonly holds: boolean;
  /** Why the store does not take the writes of the session. */
  readonly storeFault?: string;
  readonly sessionText: string | null;
  readonly report: string | null;
}

export type Fault =
  | { readonly of: 'store'; readonly silent: boolean; readonly why: string }
  | { readonly of: 'ledger'; readonly why: string }
  | { readonly of: 'service' };

/** An event around a claim. All but `deadline` and `gone` answer the call that it waits for. */
export type ClaimEvent =
  | {
      readonly kind: 'turn';
      readonly at: Moment;
      readonly session: {
        readonly state: SessionState;
        readonly detail: string;
        readonly generation: number;
        readonly text: string | null;
      };
      readonly report: string | null;
    }
  | { readonly kind: 'no-turn' }
  | { readonly kind: 'recalled'; readonly now: Now; readonly basis: Basis | null }
  | { readonly kind: 'read'; readonly now: Now; readonly basis: Basis }
  | { readonly kind: 'reported'; readonly report: string | null }
  | { readonly kind: 'watch-read'; readonly now: Now; readonly watch: HeldWatch; readonly standing: Standing }
  | { readonly kind: 'watch-taken'; readonly at: Moment; readonly taken: boolean }
  | { readonly kind: 'transacted'; readonly now: Now; readonly answer: TransactionAnswer }
  | { readonly kind: 'refreshed' }
  | { readonly kind: 'appended'; readonly now: Now }
  | { readonly kind: 'woken'; readonly at: Moment }
  | { readonly kind: 'failed'; readonly at: Moment; readonly fault: Fault }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'gone' };

/** A call of the claim, as a test sees it. */
export type Call =
  | { readonly kind: 'queue' }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly wakes: 'moment' | 'mark-or-watch' }
  | { readonly kind: 'read' }
  | { readonly kind: 'read-watch'; readonly alive: boolean }
  | { readonly kind: 'take-watch' }
  | { readonly kind: 'report'; readonly word: SaidWord }
  | { readonly kind: 'transact'; readonly transaction: Transaction }
  | { readonly kind: 'refresh'; readonly policy: boolean; readonly mark: boolean }
  | {
      readonly kind: 'append';
      readonly entry: LedgerEntry;
      readonly hash: string;
      readonly decision: Verdict | null;
    }
  /** The entry was in the commit of the transaction. */
  | { readonly kind: 'enter'; readonly hash: string; readonly decision: Verdict | null }
  | { readonly kind: 'learn'; readonly entry: LedgerEntry; readonly hash: string }
  | { readonly kind: 'remember'; readonly held: HeldMark }
  | { readonly kind: 'compare-failed'; readonly compared: string; readonly found: string | null }
  | { readonly kind: 'store-behind'; readonly why: string }
  | { readonly kind: 'log-refused-word'; readonly detail: string }
  | { readonly kind: 'tell'; readonly verdict: Verdict };

/** A claim whose every call waits for the test: it can be interrupted wherever it awaits anything. */
export interface FakeClaim {
  readonly state: ClaimUnderWay;
  /** The call that the claim waits for; `over` once it has ended. */
  phase(): string;
  /** Lets these events happen one after another, and answers the calls that followed the last one. */
  send(...events: readonly ClaimEvent[]): Promise<readonly Call[]>;
  /** As `send`, and then the kinds of those calls. */
  calls(...events: readonly ClaimEvent[]): Promise<readonly Call['kind'][]>;
  /** As `send`, and then the verdict in short; `none` without one. */
  answer(...events: readonly ClaimEvent[]): Promise<string>;
  /** Every verdict so far. */
  readonly told: readonly Verdict[];
}

interface Pending {
  readonly kind: string;
  readonly answer: (event: ClaimEvent) => void;
  readonly fail: (error: unknown) => void;
}

/** The events that answer each call. */
const ANSWERS: Readonly<Record<string, readonly ClaimEvent['kind'][]>> = {
  queue: ['turn', 'no-turn'],
  wait: ['woken'],
  read: ['read'],
  report: ['reported'],
  'read-watch': ['watch-read'],
  'take-watch': ['watch-taken'],
  transact: ['transacted'],
  refresh: ['refreshed'],
  append: ['appended'],
};

/** The state that a test shares with its claim. */
interface Scene {
  readonly state: ClaimUnderWay;
  readonly told: Verdict[];
  calls: Call[];
  pending: Pending | null;
  present: Now;
  session: Extract<ClaimEvent, { kind: 'turn' }>['session'];
  recalled: Extract<ClaimEvent, { kind: 'recalled' }> | null;
  isOver: boolean;
}

export function fakeClaim(claim: Claim = SEAL, change: Partial<Asked> = {}): FakeClaim {
  const scene: Scene = {
    state: startedClaim(claim, change),
    told: [],
    calls: [],
    pending: null,
    present: now(0),
    session: turn(0).session,
    recalled: null,
    isOver: false,
  };
  void answerClaim(scene.state, effectsIn(scene)).then((verdict) => {
    scene.isOver = true;
    tell(scene, verdict);
  });
  const send: FakeClaim['send'] = async (...events) => {
    for (const [index, event] of events.entries()) {
      if (event.kind === 'recalled') continue;
      scene.calls = [];
      await happen(scene, event, events[index + 1]);
    }
    return scene.calls;
  };
  return {
    state: scene.state,
    told: scene.told,
    phase: () => (scene.isOver ? 'over' : (scene.pending?.kind ?? 'begun')),
    send,
    calls: async (...events) => kinds(await send(...events)),
    answer: async (...events) => {
      await send(...events);
      return short(scene.told[0]);
    },
  };
}

/** The engine takes the first verdict only. */
function tell({ told, calls }: Scene, verdict: Verdict): void {
  if (told.length > 0) return;
  told.push(verdict);
  calls.push({ kind: 'tell', verdict });
}

function call<Kind extends ClaimEvent['kind']>(
  scene: Scene,
  made: Call,
): Promise<Extract<ClaimEvent, { kind: Kind }>> {
  scene.calls.push(made);
  assert.equal(scene.pending, null, 'one call at a time');
  return new Promise((resolve, reject) => {
    const answer = (event: ClaimEvent) => resolve(event as Extract<ClaimEvent, { kind: Kind }>);
    scene.pending = { kind: made.kind, answer, fail: reject };
  });
}

function effectsIn(scene: Scene): ClaimEffects {
  const note = (made: Call): void => void scene.calls.push(made);
  return {
    ...callsIn(scene),
    moment: () => scene.present.at,
    session: {
      state: () => scene.session.state,
      detail: () => scene.session.detail,
      storeFault: () => scene.present.storeFault ?? null,
      generation: () => scene.session.generation,
      recordText: () => scene.present.sessionText,
      holds: () => scene.present.holds,
      behind: (why) => note({ kind: 'store-behind', why }),
      compareFailed: (compared, found) => note({ kind: 'compare-failed', compared, found }),
    },
    heldBecause: () => scene.present.report,
    recall: () => {
      if (scene.recalled !== null) scene.present = { ...scene.recalled.now, report: scene.present.report };
      return scene.recalled?.basis ?? null;
    },
    learn: async (_claim, entry, hash) => note({ kind: 'learn', entry, hash }),
    remember: (_claim, held) => note({ kind: 'remember', held }),
    wordRefused: (_claim, detail) => note({ kind: 'log-refused-word', detail }),
    defect: () => undefined,
  };
}

/** The calls that wait for the test. */
function callsIn(scene: Scene) {
  return {
    async turn(_claim, work) {
      const event = await call<'turn' | 'no-turn'>(scene, { kind: 'queue' });
      return event.kind === 'turn' ? work() : null;
    },
    async wait(_claim, { kind, untilMs }) {
      const wakes = kind === 'pause' ? 'moment' : 'mark-or-watch';
      await call<'woken'>(scene, { kind: 'wait', untilMs, wakes });
    },
    read: async () => (await call<'read'>(scene, { kind: 'read' })).basis,
    readWatch: async ({ asked }) => {
      const made = { kind: 'read-watch', alive: asked.via === 'original' } as const;
      const { watch, standing } = await call<'watch-read'>(scene, made);
      return { watch, standing: { ...standing, record: watch.record } };
    },
    takeWatch: async () => (await call<'watch-taken'>(scene, { kind: 'take-watch' })).taken,
    report: async (_claim, word) => (await call<'reported'>(scene, { kind: 'report', word })).report,
    async transact(_claim, transaction, { hash, decide }) {
      const { answer } = await call<'transacted'>(scene, { kind: 'transact', transaction });
      if (answer.kind === 'entered') scene.calls.push({ kind: 'enter', hash, decision: decide() });
      return answer;
    },
    refresh: async (_claim, what) => void (await call<'refreshed'>(scene, { kind: 'refresh', ...what })),
    append: async (_claim, { entry, hash, decide }) =>
      void (await call<'appended'>(scene, { kind: 'append', entry, hash, decision: decide() })),
  } satisfies Partial<ClaimEffects>;
}

async function happen(scene: Scene, event: ClaimEvent, next: ClaimEvent | undefined): Promise<void> {
  if (event.kind === 'deadline') tell(scene, answerAtDeadline(scene.state));
  if (event.kind === 'deadline' || event.kind === 'gone') return scene.state.ending.abort();
  const waited = scene.pending;
  assert.ok(waited !== null, `${event.kind} while the claim waits for nothing`);
  scene.pending = null;
  if ('now' in event) scene.present = event.now;
  else if ('at' in event) scene.present = { ...scene.present, at: event.at };
  if (event.kind === 'turn') {
    const { session, report } = event;
    scene.session = session;
    scene.present = { ...scene.present, holds: true, sessionText: session.text, report };
    // Policy and mark as last seen are at hand during the turn.
    scene.recalled = next?.kind === 'recalled' ? next : null;
  }
  if (event.kind === 'failed') waited.fail(errorOf(event.fault));
  else {
    assert.ok(ANSWERS[waited.kind]?.includes(event.kind), `${event.kind} answers no ${waited.kind}`);
    waited.answer(event);
  }
  await setImmediate();
}

function errorOf(fault: Fault): Error {
  if (fault.of === 'ledger') return new LedgerFault(fault.why, 'look');
  if (fault.of === 'store')
    return new StoreFault(fault.silent ? 'unavailable' : 'refused', fault.why, 'look');
  return new Error('a defect');
}

export const kinds = (calls: readonly Call[]) => calls.map(({ kind }) => kind);

export function only<Kind extends Call['kind']>(calls: readonly Call[], kind: Kind) {
  const found = calls.find((one) => one.kind === kind);
  assert.ok(found !== undefined, `${kind} among ${kinds(calls)}`);
  return found as Extract<Call, { kind: Kind }>;
}

/** A claim whose transaction is under way. */
export async function transacting(asked: Partial<Asked> = {}): Promise<FakeClaim> {
  const claim = fakeClaim(SEAL, asked);
  assert.deepEqual(await claim.calls(...onTurn(basisOf(FREE))), ['transact']);
  return claim;
}

/** The mark that the newest transaction of the claim writes. */
export function attempted({ state }: FakeClaim): Mark {
  const newest = [...state.attempts.values()].at(-1);
  assert.ok(newest !== undefined, 'the claim writes no mark');
  return newest.next;
}
