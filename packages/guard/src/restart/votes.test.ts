import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareRounds, type Round } from './round.ts';
import {
  awaitVotes,
  DEFAULT_VOTE_RULE,
  stepVotes,
  type VoteEvent,
  type VoteReturn,
  type VoteRule,
  type VoterReport,
  voteSentence,
} from './votes.ts';

const DEAD_AT = 1_000_000;
const AFTER = DEAD_AT + DEFAULT_VOTE_RULE.clockMarginMs + 1;

const at = (setId: number, round: number): Round => ({ setId: BigInt(setId), round: BigInt(round) });

function report(of: Partial<VoterReport>): VoteEvent {
  const usual: VoterReport = {
    node: 'node-1',
    own: false,
    best: at(3, 10),
    finalizedAuthoredAtMs: AFTER,
    authorities: 10,
    rounds: [],
  };
  return { type: 'report', report: { ...usual, ...of } };
}

const own = (best: Round, heard: readonly Round[] = []): VoteEvent =>
  report({
    node: 'own',
    own: true,
    best,
    rounds: heard.map((round) => ({ at: round, voted: false, complete: true })),
  });

const runFrom = (first: VoteReturn, ...events: readonly VoteEvent[]): VoteReturn =>
  events.reduce((state, event) => stepVotes(state, event, DEFAULT_VOTE_RULE), first);
const run = (...events: readonly VoteEvent[]): VoteReturn => runFrom(awaitVotes(DEAD_AT, null), ...events);

const BOUNDED = [report({ best: at(3, 10) }), report({ node: 'node-2', best: at(3, 11) })];

describe('the return of a key that votes', () => {
  it('waits for two independent nodes, a higher round, and two quiet rounds', () => {
    const states = [
      run(),
      run(...BOUNDED.slice(0, 1), own(at(3, 90), [at(3, 88), at(3, 89)])),
      run(...BOUNDED, own(at(3, 11))),
      run(...BOUNDED, own(at(3, 13), [at(3, 12)])),
      run(...BOUNDED, own(at(3, 14), [at(3, 12), at(3, 13)])),
    ];
    assert.deepEqual(
      states.map((state) => voteSentence(state, DEFAULT_VOTE_RULE)),
      [
        'waits until 2 independent nodes finalise a block from after the stop: 0 of 2 did',
        'waits until 2 independent nodes finalise a block from after the stop: 1 of 2 did',
        'waits until the own voter passes set 3 round 11: it is at set 3 round 11',
        'listens for a clone: 1 of 2 rounds without a vote of this key',
        'its votes are safe',
      ],
    );
  });

  const later = own(at(3, 50), [at(3, 48), at(3, 49)]);
  const old = { finalizedAuthoredAtMs: DEAD_AT + DEFAULT_VOTE_RULE.clockMarginMs };
  const silent = (complete: boolean) =>
    [at(3, 12), at(3, 13)].map((round) => ({ at: round, voted: false, complete }));
  const last = { at: at(3, 11), voted: true, complete: true };
  const rows: Readonly<Record<string, readonly VoteEvent[]>> = {
    'finalised heads from before the stop': [report(old), report({ ...old, node: 'node-2' }), later],
    'one node that reports often': [report({}), report({}), later],
    'the own node as a bound': [report({}), own(at(3, 10)), later],
    'rounds at the bound': [...BOUNDED, own(at(3, 14), [at(3, 10), at(3, 11)])],
    'incomplete rounds': [
      ...BOUNDED,
      report({ node: 'own', own: true, best: at(3, 14), rounds: silent(false) }),
    ],
    'silence in another node': [
      ...BOUNDED,
      own(at(3, 14)),
      report({ best: at(3, 14), rounds: silent(true) }),
    ],
    'a vote of the old process, which is no clone': [...BOUNDED, report({ node: 'node-2', rounds: [last] })],
  };
  for (const [what, events] of Object.entries(rows))
    it(`waits in spite of ${what}`, () => assert.equal(run(...events).phase, 'waiting'));

  it('takes a higher set as past the bound, although its rounds begin at 1', () => {
    const state = run(...BOUNDED, own(at(4, 3), [at(4, 1), at(4, 2)]));
    assert.equal(state.phase, 'free');
  });

  it('sees a clone in one vote above the bound, from any node, and never forgets it', () => {
    const vote = { at: at(3, 12), voted: true, complete: false };
    const state = run(...BOUNDED, report({ node: 'node-2', rounds: [vote] }));
    assert.equal(state.phase, 'clone');
    assert.match(voteSentence(state, DEFAULT_VOTE_RULE), /node-2 saw its vote in set 3 round 12/);
    const word: VoteEvent = { type: 'person-allows', by: 'ann', reason: 'x' };
    assert.equal(runFrom(state, own(at(3, 90), [at(3, 88), at(3, 89)]), word).phase, 'clone');
  });

  it('takes the round mark as one more report, and knows no bound by the mark alone', () => {
    const marked = (...events: readonly VoteEvent[]) => runFrom(awaitVotes(DEAD_AT, at(3, 20)), ...events);
    const alone = marked(later);
    assert.match(
      voteSentence(alone, DEFAULT_VOTE_RULE),
      /0 of 2 did; this key was last seen voting in set 3 round 20$/,
    );
    const behind = marked(...BOUNDED, own(at(3, 20), [at(3, 18), at(3, 19)]));
    assert.match(
      voteSentence(behind, DEFAULT_VOTE_RULE),
      /own voter passes set 3 round 20: it is at set 3 round 20/,
    );
    const vote = { at: at(3, 20), voted: true, complete: true };
    const late = marked(...BOUNDED, report({ node: 'node-2', rounds: [vote] }));
    assert.equal(late.phase, 'waiting', 'its own vote is no clone, although the witnesses lag');
  });

  it('leaves a small set to a person, who is named', () => {
    const small = { authorities: 3 };
    const waiting = run(report(small), report({ ...small, node: 'node-2' }), later);
    assert.match(voteSentence(waiting, DEFAULT_VOTE_RULE), /waits for a person: the set has 3 authorities/);
    const word: VoteEvent = { type: 'person-allows', by: 'ann', reason: 'new chain' };
    const allowed = stepVotes(waiting, word, DEFAULT_VOTE_RULE);
    assert.equal(voteSentence(allowed, DEFAULT_VOTE_RULE), 'ann allowed it: new chain');
  });
});

/** A network whose rounds begin one after the other, told from one random stream. */
const stories = fc.record({
  /** Lengths of rounds in milliseconds. */
  lengths: fc.array(fc.integer({ min: 500, max: 9_000 }), { minLength: 40, maxLength: 80 }),
  /** Every so many rounds the authority set changes. */
  roundsPerSet: fc.integer({ min: 2, max: 30 }),
  deadAfter: fc.integer({ min: 0, max: 120_000 }),
  /** How far the views of the witnesses and of the own node lag behind, in milliseconds. */
  lags: fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 3, maxLength: 3 }),
  /** How far the voters of the witnesses lag behind their finalised heads, in rounds. */
  behind: fc.constant<number>(0),
  /** How long before its end the guard last looked at the old process, in milliseconds. */
  lookedBefore: fc.integer({ min: 0, max: 60_000 }),
});
type Story = typeof stories extends fc.Arbitrary<infer One> ? One : never;
/** Witnesses whose finality came with blocks, while their voters are in rounds of long ago. */
const lagging = fc.record({ story: stories, behind: fc.integer({ min: 1, max: 20 }) });

function begins({ lengths }: Story): readonly number[] {
  const starts = [0];
  for (const length of lengths) starts.push((starts.at(-1) ?? 0) + length);
  return starts;
}

const named = (index: number, { roundsPerSet }: Story): Round =>
  at(Math.floor(index / roundsPerSet), (index % roundsPerSet) + 1);

/** The last round that had begun at a time. */
const entered = (starts: readonly number[], time: number): number =>
  Math.max(
    0,
    starts.findLastIndex((start) => start <= time),
  );

/** The round in which the guard last saw the old process, whose view does not lag. */
const lastSeen = (story: Story): Round =>
  named(entered(begins(story), story.deadAfter - story.lookedBefore), story);

/** The state when the key returned, over a minute of reports after the stop, or null if it never did. */
function returns(story: Story, rule: VoteRule, mark: Round | null = lastSeen(story)): Round | null {
  const starts = begins(story);
  const deadAt = story.deadAfter;
  let state = awaitVotes(deadAt, mark);
  for (let now = deadAt; now < (starts.at(-1) ?? 0); now += 500) {
    for (const [index, lag] of story.lags.entries()) {
      const best = entered(starts, now - lag);
      const isOwn = index === 2;
      const rounds = best === 0 ? [] : [{ at: named(best - 1, story), voted: false, complete: true }];
      const head = starts[Math.max(0, best - 1)] ?? 0;
      const node = isOwn ? 'own' : `node-${index}`;
      const told = {
        node,
        own: isOwn,
        best: named(Math.max(0, best - (isOwn ? 0 : story.behind)), story),
        finalizedAuthoredAtMs: head,
        authorities: 7,
        rounds,
      };
      state = stepVotes(state, { type: 'report', report: told }, rule);
      if (state.phase === 'free') return told.best;
    }
  }
  return null;
}

describe('a restarted voter', () => {
  /** The old process entered this round: the last one that had begun anywhere when it died. */
  const lastOfOld = (story: Story): Round => named(entered(begins(story), story.deadAfter), story);
  const exact: VoteRule = { ...DEFAULT_VOTE_RULE, clockMarginMs: 0 };

  it('never returns in a round that the old process may have entered, however far the nodes lag', () => {
    let returned = 0;
    fc.assert(
      fc.property(stories, (story) => {
        const round = returns(story, exact);
        if (round === null) return;
        returned++;
        assert.ok(compareRounds(round, lastOfOld(story)) > 0, `returned in ${round.setId}/${round.round}`);
      }),
    );
    assert.ok(returned > 10, `only ${returned} stories ended with a return`);
  });

  it('never returns in a round that the guard saw, also if no witness knows that round', () => {
    let returned = 0;
    const isPast = (mark: (story: Story) => Round | null) =>
      fc.property(lagging, ({ story: { ...story }, behind }) => {
        const round = returns({ ...story, behind }, exact, mark(story));
        if (round === null) return true;
        returned++;
        return compareRounds(round, lastSeen(story)) > 0;
      });
    fc.assert(isPast(lastSeen));
    assert.ok(returned > 10, `only ${returned} stories ended with a return`);
    // Few stories need the mark.
    const control = fc.check(
      isPast(() => null),
      { numRuns: 1_000 },
    );
    assert.equal(control.failed, true, 'without the mark (control)');
  });

  it('would return too early if the time of the finalised head did not count (control)', () => {
    const control: VoteRule = { ...exact, clockMarginMs: -1_000_000_000 };
    const early = fc.check(
      fc.property(stories, (story) => {
        const round = returns(story, control);
        return round === null || compareRounds(round, lastOfOld(story)) > 0;
      }),
    );
    assert.equal(early.failed, true);
  });
});
