import type { Policy } from '@watchbill/duty';
import type { Permit } from '../../contract.ts';
import { readMark } from '../marks.ts';
import type { CoreModules } from '../modules.ts';
import {
  type HandoverEffect,
  type HandoverEvent,
  type HandoverState,
  hasOpenUnit,
  stepHandover,
} from './handover-step.ts';

/** A planned handover, asked for by an operator: the shell around its step. */
export function createHandover(modules: CoreModules): Permit['handOver'] {
  return (chain, key, to) => handOver(modules, chain, key, to);
}

async function handOver(
  modules: CoreModules,
  chain: string,
  key: string,
  to: string,
): ReturnType<Permit['handOver']> {
  const { context, watches, policies } = modules;
  const policy = (await policies.load(chain, key, context.options.storeTimeoutMs))?.policy ?? null;
  const ready = policy === null ? [] : watches.state(policy).ready;
  const unfit = policy === null ? null : watches.unfit(policy, to);
  let state: HandoverState = { phase: 'asked', to };
  let event: HandoverEvent = { kind: 'found', policy, ready, unfit };
  for (;;) {
    const step = stepHandover(state, event);
    state = step.state;
    const { effect } = step;
    if (effect.kind === 'refuse') throw effect.error;
    if (policy === null) throw new Error('a handover went on without a policy');
    if (effect.kind === 'done') {
      if (effect.moved !== null) logRelieved(modules, policy, to, effect.moved);
      return watches.state(policy);
    }
    event = await perform(modules, policy, effect).catch((error: unknown) => ({ kind: 'failed', error }));
  }
}

async function perform(
  modules: CoreModules,
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
      const holderLive = effect.from !== null && watches.holderLive(policy);
      const open = holderLive && (await isOpen(modules, policy, effect.from));
      return { kind: 'looked', holderLive, hasOpenUnit: open, nowMs: clock.monotonicMs() };
    }
    default:
      await clock.sleep(effect.ms);
      return { kind: 'woken' };
  }
}

/** Whether the node has an open unit of any duty that is entered, on linearizable reads. */
async function isOpen(
  { context }: CoreModules,
  { chain, key }: Policy,
  node: string | null,
): Promise<boolean> {
  const { store } = context.parts;
  for (const duty of context.duties.values()) {
    if (node === null || !duty.parts.includes('enter')) continue;
    const held = await readMark(store, { chain, key, duty }, context.options.storeTimeoutMs);
    if (held !== null && hasOpenUnit(held.mark, duty, node)) return true;
  }
  return false;
}

function logRelieved(
  { context }: CoreModules,
  { chain, key }: Policy,
  to: string,
  { from, term }: { readonly from: string | null; readonly term: string },
): void {
  const fields = { event: 'relieved', chain, key, from, to, term };
  context.parts.log.info(fields, `${to} took over from ${from ?? 'no node'}`);
}
