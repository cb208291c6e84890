import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GuardFault } from '../fault.ts';
import { allowable, atOnce, type Ground, start } from '../testing/start-guard.ts';

/** The round of the own voter now, as its RPC reports it. */
async function roundOf({ own }: Ground): Promise<number> {
  const state = await own.rpc.call<{ readonly best: { readonly round: number } }>('grandpa_roundState');
  return state.best.round;
}

const lives = fc.array(
  fc.record({
    /** How long the voter of a new process stays at the round before the last one of the old process. */
    lateMs: fc.integer({ min: 0, max: 20_000 }),
    runsMs: fc.integer({ min: 20_000, max: 40_000 }),
    /** How long its voter then stays in one round, before it catches up at once. */
    stuckMs: fc.integer({ min: 0, max: 20_000 }),
    /** How long after that the node is killed. */
    killedMs: fc.integer({ min: 1, max: 4_000 }),
  }),
  { minLength: 2, maxLength: 3 },
);
type Lives = typeof lives extends fc.Arbitrary<infer All> ? All : never;

/** Runs the lives one after the other; the node votes in each round in which it has its key. */
async function votesIn(ground: Ground, story: Lives): Promise<readonly (readonly number[])[]> {
  const votes: (readonly number[])[] = [];
  for (const { lateMs, runsMs, stuckMs, killedMs } of story) {
    const voted = new Set<number>();
    const runFor = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 500) {
        await ground.clock.advance(Math.min(left, 500));
        if (ground.kinds().includes('gran')) voted.add(await roundOf(ground));
      }
    };
    const stayAt = async (round: number, ms: number): Promise<void> => {
      ground.own.rounds(() => round);
      await runFor(ms);
      ground.own.rounds((usual) => usual);
    };
    await stayAt((await roundOf(ground)) - 1, lateMs);
    await runFor(runsMs);
    await stayAt(await roundOf(ground), stuckMs);
    await runFor(killedMs);
    ground.crash();
    votes.push([...voted]);
  }
  return votes;
}

describe('the round mark', () => {
  it('lets no process vote in a round of one before it, with any crashes and any catching up', async (t) => {
    let both = 0;
    await fc.assert(
      fc.asyncProperty(lives, async (story) => {
        const ground = start(t);
        const all = await votesIn(ground, story);
        ground.stop.abort();
        await ground.clock.advance(1_000);
        await ground.running;
        const rounds = all.flat();
        assert.equal(new Set(rounds).size, rounds.length, `votes by process: ${JSON.stringify(all)}`);
        if (all.filter((one) => one.length > 0).length > 1) both++;
      }),
      { numRuns: 6 },
    );
    assert.ok(both > 0, 'in no story two processes voted');
  });

  it('holds although the voters of both witnesses are rounds behind', async (t) => {
    const ground = start(t);
    await ground.clock.advance(60_000);
    assert.ok(ground.kinds().includes('gran'));
    const mark = Number(ground.marks.at(-1)?.round?.round);
    for (const witness of ground.witnesses) witness.rounds(() => mark - 20);
    ground.crash();
    // The voter begins below its mark, as after a lost record, and then stays at its mark.
    for (const round of [mark - 2, mark - 1, mark, mark]) {
      ground.own.rounds(() => round);
      await ground.clock.advance(20_000);
      // The clock is set, so the wait begins anew: it keeps the mark.
      ground.clock.step(30_000);
      assert.ok(!ground.kinds().includes('gran'), ground.reason('gran'));
    }
    assert.match(
      ground.reason('gran'),
      new RegExp(`passes set 0 round ${mark}: it is at set 0 round ${mark}`),
    );
    ground.own.rounds((usual) => usual);
    await ground.clock.advance(30_000);
    assert.ok(ground.kinds().includes('gran'), ground.reason('gran'));
  });

  it('is durable before the key is placed, also on a word of a person, and rises with the voter', async (t) => {
    const { ground, allow } = allowable(t);
    await ground.clock.advance(2_000);
    allow();
    await ground.clock.advance(250);
    assert.ok(ground.kinds().includes('gran'));
    assert.equal(ground.marks.at(-1)?.round?.round, BigInt(await roundOf(ground)));
    await ground.clock.advance(20_000);
    const saw = ground.marks.at(-1)?.round?.round ?? 0n;
    assert.ok(saw >= BigInt(await roundOf(ground)) - 1n, 'at most the round of the last look');
  });

  it('places no key if it cannot be written', async (t) => {
    const full = new GuardFault('state', 'the disk is full', 'free some space');
    const write = ({ round }: { readonly round: unknown }): void => {
      if (round !== null) throw full;
    };
    const ground = start(t, { marks: { read: () => ({ slot: null, round: null }), write } });
    await ground.clock.advance(60_000);
    await assert.rejects(atOnce(ground.running), full);
    assert.deepEqual(ground.steps.slice(-3), ['clear 1', 'stop with 0 open', 'clear 0']);
  });
});
