import { faultyOf } from '../group.ts';
import type { Message } from '../messages.ts';
import type { Switches } from '../self.ts';
import { fakeAdversary } from './fake-adversary.ts';
import { groupOf, planOf } from './fake-group.ts';
import { type FakeNetwork, fakeNetwork } from './fake-network.ts';

/** Numbers below a bound, from a seed (xorshift). */
export function drawing(seed: number): (bound: number) => number {
  let state = seed | 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

export const FIRST = 30n;
export const OVER = 55n;

export interface Run {
  readonly network: FakeNetwork;
  readonly evil: readonly number[];
}

/** One window of a group, of which the last f seats or fewer are evil, as a seed has it. */
export function misadventure(members: number, seed: number, switches: Partial<Switches> = {}): Run {
  const below = drawing(seed);
  const group = groupOf(members);
  const plan = planOf(group);
  // Evil where it hurts: leaders, mostly.
  const candidates = below(3) === 0 ? plan.order : plan.leaders;
  const from = below(2);
  const evil = candidates.slice(from, from + faultyOf(members));
  const adversary = fakeAdversary(plan, evil);
  const lossPerMille = below(100);
  const calm = [60, 300, 1_500][below(3)] ?? 60;
  const cuts = new Map<string, boolean>();
  const cutPerKind = new Map<string, number>();
  /** Whole kinds of messages of a rank do not reach some members, however often they are repeated. */
  const isCut = (to: number, { header, statement }: Message) => {
    const { kind } = statement;
    const perTen = cutPerKind.get(kind) ?? [0, 0, 3, 6][below(4)] ?? 0;
    cutPerKind.set(kind, perTen);
    const link = `${kind}/${header.rank}/${to}`;
    const cut = cuts.get(link) ?? below(10) < perTen;
    cuts.set(link, cut);
    return cut;
  };
  const network = fakeNetwork(group, {
    silent: evil,
    switches,
    arrives: (_from, to, message) => {
      adversary.hear(message);
      return below(1_000) >= lossPerMille && !isCut(to, message);
    },
    generate: (seat) => ({ action: 'call', content: Uint8Array.from([100 + seat, below(2)]) }),
  });
  const live = [...network.nodes.keys()];
  network.height(FIRST - 1n);
  for (let height = FIRST; height < OVER; height++) {
    network.height(
      height,
      live.filter(() => below(5) > 0),
    );
    for (let left = below(40 * members); left > 0; left--)
      happen(network, below, live, calm, () => adversary.act(network, below));
  }
  network.drain();
  network.height(OVER);
  network.drain();
  return { network, evil };
}

function happen(
  network: FakeNetwork,
  below: (bound: number) => number,
  live: readonly number[],
  calm: number,
  act: () => void,
): void {
  const what = below(calm) < 3 ? below(3) : 3 + below(57);
  const node = network.nodes.get(live[below(live.length)] ?? -1);
  if (what === 0) node?.restart();
  else if (what < 3) node?.dieAfter(below(4));
  else if (what < 9) act();
  else if (what < 12 && network.pending.length > 0) {
    const again = network.pending[below(network.pending.length)];
    if (again !== undefined) network.pending.push(again);
  } else network.deliver(below(Math.max(1, network.pending.length)));
}
