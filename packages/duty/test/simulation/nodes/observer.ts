import { LARGEST_STEPS } from '@watchbill/duty/rule';
import { CHAIN, ROUND_STEP } from '../names.ts';
import type { SimObserver, World } from '../world/world.ts';
import { beefyBlock, chainRound, chainSession, chainSlot, roundUnit } from './chain.ts';
import { ask } from './claiming.ts';

const REPORT_MS = 400;
/** How far above the chain a lying observer reports, and below it one whose node is behind. */
export const HIGH = 50n;
const BEHIND = -BigInt(LARGEST_STEPS.roundStep + 2 * ROUND_STEP);
/** An observer that is behind reports so many times less often: the other one is heard in between. */
const BEHIND_TIMES = 4;

const MORE = { right: 0n, silent: 0n, high: HIGH, behind: BEHIND } as const;

/** A machine beside the claimants that reports how far the chain is. */
export function startObserver(world: World, observer: SimObserver): void {
  observer.host.start(async (life) => {
    const random = world.random.fork(`observer/${observer.name}`);
    let told = chainSlot(life.clock.nowMs());
    while (life.alive()) {
      const times = observer.mood === 'behind' ? BEHIND_TIMES : 1;
      await life.clock.sleep(times * random.int(REPORT_MS / 2, REPORT_MS));
      if (observer.mood === 'silent') continue;
      const more = MORE[observer.mood];
      const nowMs = life.clock.nowMs();
      const [set, round] = roundUnit(world.plan, chainRound(nowMs));
      const report = {
        chain: CHAIN,
        finalizedBlock: String(beefyBlock(nowMs) + more),
        setId: String(set),
        beefySetId: String(set),
        round: String(round + more),
        session: String(chainSession(nowMs) + more),
        ...(chainSlot(nowMs) > told ? { bestSlot: String(chainSlot(nowMs) + more) } : {}),
      };
      told = chainSlot(nowMs);
      const index = random.int(0, world.services.length - 1);
      await ask({ world, life }, index, { op: 'observe', report }, 200);
    }
  });
}
