import type { Cursor } from '../../../cursor.ts';
import type { Outcome } from '../../../outcome.ts';
import { freshRound } from '../../../quorum/round.ts';
import type { PeerState } from '../../../transport/port.ts';
import { fakeDemoGroup } from '../../quorum/testing/fake-demo-group.ts';
import type { QuorumEvent } from '../watch.ts';

/** A group, and its third window. */
export const demo = fakeDemoGroup();
export const plan = demo.plan(3n);

/** The third window ends without a certificate. */
export const OUTCOME: Outcome = {
  from: 3n,
  to: 3n,
  result: 'failed',
  reason: 'no-certificate',
  leader: 'm0',
  action: null,
  startBlock: null,
  expiryBlock: null,
  faults: [],
  detail: 'rank 0: no proposal',
};

const CURSOR: Cursor = {
  window: 3n,
  stage: 'open',
  sent: [],
  memory: null,
  faults: [],
  outcome: null,
  agreed: 0n,
  execution: null,
};

/** A step of a member that takes part in the third window, in this rank. */
export function stepped(
  rank: number,
  isCertified = false,
  execution: Cursor['execution'] = null,
): QuorumEvent {
  const value = demo.value(plan);
  const commits = [0, 1, 2].map((seat) => ({ seat, signature: new Uint8Array(64) }));
  const certificate = isCertified ? { version: 1, window: 3n, rank, value, commits } : null;
  const round = { ...freshRound(plan.window.block), rank, certificate };
  const running = { window: plan.window, faults: [], phase: 'procedure', plan, round } as const;
  return {
    kind: 'stepped',
    state: { head: plan.window.block, cursor: { ...CURSOR, execution }, running, sending: [] },
  };
}

/** The runner performed an effect. */
export const performed = (effect: Extract<QuorumEvent, { kind: 'performed' }>['effect']): QuorumEvent => ({
  kind: 'performed',
  effect,
});

/** The other members from seat 1 on, and whether each is connected. */
export const peersOf = (...connected: readonly boolean[]): readonly PeerState[] =>
  connected.map((isConnected, place) => ({ seat: place + 1, isConnected, arrived: 0, refused: 0 }));
