import assert from 'node:assert/strict';
import type { Graph } from '../../graph/resource.ts';
import { type KeyHolder, maySignTwice } from '../../signers/law.ts';
import type { Plan, Step } from '../change.ts';

/** A plan that is being carried out, one move at a time. */
export interface World {
  /** Begins a step that may begin, or ends one that runs, as the choice says; false if none is left. */
  readonly act: (choice: number) => boolean;
  /** Fails if two would sign with one key set, or if two signers of a pool change at a time. */
  readonly check: () => void;
  /** `ID KEY-SET` of each process that signs. */
  readonly signers: () => readonly string[];
}

/**
 * Carries a plan out in one of the orders that its steps allow, slowly: a start or a stop takes effect at any
 * later moment.
 */
export function carryOut(before: Graph, plan: Plan): World {
  const live = new Map(
    before.resources.flatMap(({ id, subject }) =>
      subject.keySet === null ? [] : [[id, subject.keySet] as const],
    ),
  );
  const signedBefore = new Set(live.keys());
  const waiting = new Map(plan.steps.map((step) => [step.id, step]));
  const running = new Map<string, Step>();
  const done = new Set<string>();
  const setAfter = ({ resource }: Step) => resource?.subject.keySet ?? null;

  // A signer that begins may sign at once; one that ends may sign until its gate is passed.
  const begin = (step: Step) => {
    waiting.delete(step.id);
    if (step.gate === 'none') done.add(step.id);
    else running.set(step.id, step);
    const set = setAfter(step);
    if (set !== null && step.action === 'create') live.set(step.resourceId, set);
  };
  const end = (step: Step) => {
    running.delete(step.id);
    done.add(step.id);
    const set = setAfter(step);
    if (set === null) live.delete(step.resourceId);
    else live.set(step.resourceId, set);
  };
  const act = (choice: number) => {
    const ready = [...waiting.values()].filter(({ needs }) => needs.every((id) => done.has(id)));
    const moves = [
      ...ready.map((step) => () => begin(step)),
      ...[...running.values()].map((step) => () => end(step)),
    ];
    assert.ok(moves.length > 0 || waiting.size === 0, 'the steps that are left wait for each other');
    moves[choice % Math.max(1, moves.length)]?.();
    return moves.length > 0;
  };
  const check = () => {
    // A signer whose keys change may have the old ones or the new ones.
    const coming = [...running.values()].flatMap((step) => {
      const use = setAfter(step);
      return use === null || live.get(step.resourceId) === use ? [] : [[step.resourceId, use] as const];
    });
    const uses = [...live, ...coming];
    const two = uses.find(([id, use], at) =>
      uses.slice(at + 1).some(([other, theirs]) => other !== id && bothMaySign(use, theirs)),
    );
    assert.equal(two, undefined, `two signers of one key set: ${uses.join(' ')}`);
    const changed = [...running.values()].filter(
      (step) => step.subject.keySet !== null || signedBefore.has(step.resourceId),
    );
    const pools = changed.map(({ subject }) => subject.pool);
    assert.equal(new Set(pools).size, pools.length, 'two signers of one pool are changed at a time');
    const touched = [...running.values()].filter(({ resourceId }) =>
      /\/(Secret|PersistentVolumeClaim)\//.test(resourceId),
    );
    assert.deepEqual(touched, []);
  };
  return { act, check, signers: () => [...live].map(([id, set]) => `${id} ${set}`).sort() };
}

/** By their names alone: the sets of these worlds have no public keys. */
function bothMaySign(one: string, other: string): boolean {
  const holder = (use: string): KeyHolder => ({ id: use, use, seen: null });
  return maySignTwice(holder(one), holder(other)).answer === 'yes';
}
