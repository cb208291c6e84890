import type { Policy } from '../../../rule/index.ts';
import {
  type HandoverHow,
  type LastHandover,
  type Permit,
  PermitFault,
  type WatchState,
} from '../../contract.ts';
import type { CoreModules } from '../../modules.ts';
import {
  type HandoverEffect,
  type HandoverEvent,
  type HandoverState,
  stepHandover,
} from './handover-step.ts';
import { openUnits } from './open-units.ts';

const UNNAMED: HandoverHow = { by: 'an operator' };

/** Keeps a handover for people; settles once it is on disk. */
type Note = (policy: Policy, to: string, handover: LastHandover) => Promise<void>;

interface Moving {
  readonly modules: CoreModules;
  readonly note: Note;
  readonly how: HandoverHow;
}

/** A planned handover, asked for by an operator: the shell around its step. */
export function createHandover(modules: CoreModules, note: Note): Permit['handOver'] {
  return (chain, key, to, how = UNNAMED) => handOver({ modules, note, how }, chain, key, to);
}

async function handOver(moving: Moving, chain: string, key: string, to: string): Promise<WatchState> {
  const { context, watches, policies } = moving.modules;
  const policy = (await policies.load(chain, key, context.options.storeTimeoutMs))?.policy ?? null;
  const ready = policy === null ? [] : watches.state(policy).ready;
  const unfit = policy === null ? null : watches.unfit(policy, to);
  const startMs = context.parts.clock.monotonicMs();
  let state: HandoverState = { phase: 'asked', to };
  let event: HandoverEvent = { kind: 'found', policy, ready, unfit };
  for (;;) {
    const step = stepHandover(state, event);
    state = step.state;
    const { effect } = step;
    if (effect.kind === 'refuse') throw effect.error;
    if (policy === null) throw new Error('a handover went on without a policy');
    if (effect.kind === 'done') {
      if (effect.moved !== null) await noteMoved(moving, policy, to, effect.moved, startMs);
      return watches.state(policy);
    }
    event = await perform(moving, policy, effect).catch((error: unknown) => ({ kind: 'failed', error }));
  }
}

async function perform(
  { modules, how }: Moving,
  policy: Policy,
  effect: Exclude<HandoverEffect, { kind: 'refuse' | 'done' }>,
): Promise<HandoverEvent> {
  const { watches, context } = modules;
  const { clock } = context.parts;
  switch (effect.kind) {
    case 'read':
      return { kind: 'read', held: await watches.read(policy.chain, policy.key) };
    case 'write': {
      const applied = await watches.write(policy, effect.before, effect.next);
      return { kind: 'written', applied, nowMs: clock.monotonicMs() };
    }
    case 'look': {
      if (how.signal?.aborted === true) throw calledOff();
      const holderLive = effect.from !== null && watches.holderLive(policy) && how.force === undefined;
      const open = holderLive && (await openUnits(modules, policy, effect.from)).length > 0;
      return { kind: 'looked', holderLive, hasOpenUnit: open, nowMs: clock.monotonicMs() };
    }
    default:
      await clock.sleep(effect.ms, how.signal);
      return { kind: 'woken' };
  }
}

function calledOff(): PermitFault {
  const message = 'the request ended before the watch moved, so the old node stays active';
  return new PermitFault('called-off', 409, message, 'Run the handover again when you are ready.');
}

/** An event of the log, and a note that survives a restart: a forced one has its reason. */
async function noteMoved(
  { modules: { context }, note, how: { by, force } }: Moving,
  policy: Policy,
  to: string,
  { from, term }: { readonly from: string | null; readonly term: string },
  startMs: number,
): Promise<void> {
  const { chain, key } = policy;
  const { log, clock } = context.parts;
  const fields = { event: 'handed-over', chain, key, from, to, term, by };
  const text = `${to} took over from ${from ?? 'no node'}`;
  if (force === undefined) log.info(fields, text);
  else log.warn({ ...fields, force }, `${text} without waiting for its open units: ${force}`);
  const atMs = clock.nowMs();
  const tookMs = clock.monotonicMs() - startMs;
  await note(policy, to, { atMs, by, from, term, tookMs, force: force ?? null });
}
