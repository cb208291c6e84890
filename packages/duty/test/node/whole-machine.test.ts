// A machine that runs everything is put back from a copy, like a virtual machine from a snapshot, while three
// other validators go on. An observer that knows no service counts what it signs. The controls take the rule
// away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equivocationsIn, waitFor } from '@watchbill/testkit';
import { type Extent, startWholeMachine, type WholeMachine } from './whole-machine.ts';

const LONG = process.env.WATCHBILL_LONG === '1';
/** How often the machine is put back with the rule. */
const RETURNS = LONG ? 10 : 2;
/** The same for a control, at most: on a busy machine the node may come back in a later round. */
const CONTROL_RETURNS = LONG ? RETURNS : 6;
/** A restored service denies 16 rounds of six seconds above the first report. */
const WAIT = { timeoutMs: 240_000, everyMs: 50 };
/** A round takes six seconds. */
const VOTE_WAIT = { timeoutMs: 20_000, everyMs: 50 };
const HOOK = new URL('../simulation/mutations/load-mutated.mjs', import.meta.url).href;
/** The service with its sources patched while they are loaded. */
const WITHOUT_BASE = {
  SIMULATION_MUTATION: 'c1-no-base',
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${HOOK}`,
};

interface RoundDecision {
  readonly atMs: number;
  readonly outcome: string;
  readonly reason: string;
  /** `set/round`. */
  readonly unit: string;
  readonly parts: readonly string[];
}

/** What the service has answered about rounds since it was started, newest first. */
async function roundDecisions({ service }: WholeMachine): Promise<readonly RoundDecision[]> {
  const answer = await service.admin('GET', '/v1/decisions?duty=grandpa&limit=1000');
  return (answer as { readonly decisions: readonly RoundDecision[] }).decisions;
}

/** Rounds with a grant of this part. */
async function roundsGranted(machine: WholeMachine, part: string): Promise<readonly string[]> {
  const decisions = await roundDecisions(machine);
  return decisions
    .filter(({ outcome, parts }) => outcome === 'granted' && parts.includes(part))
    .map(({ unit }) => unit);
}

/** Rounds of the machine's prevotes, as another node received them. */
const roundsVoted = (machine: WholeMachine): readonly string[] =>
  machine
    .votes()
    .filter(({ kind }) => kind === 'prevote')
    .map(({ set, round }) => `${set}/${round}`);

/** Copy the machine while it is in a round in which it has not voted yet. Answers the round. */
async function copyInRound(machine: WholeMachine): Promise<string> {
  const before = new Set(await roundsGranted(machine, 'enter'));
  const copied = async (): Promise<string | undefined> => {
    const round = (await roundsGranted(machine, 'enter')).find((each) => !before.has(each));
    if (round === undefined) return undefined;
    before.add(round);
    const atMs = await machine.copy();
    // On a busy machine the vote may have been faster; then the copy knows it.
    const voted = (await roundDecisions(machine)).some(
      (each) => each.unit === round && each.parts.includes('prevote') && each.atMs <= atMs,
    );
    return voted ? undefined : round;
  };
  const detail = (): string => machine.node.log().slice(-3_000);
  return waitFor('a copy from before a vote', copied, { ...WAIT, detail });
}

interface Return {
  /** When the machine was ended. */
  readonly fromMs: number;
  /** The round of the vote that the copy does not know of. */
  readonly lost: string;
  /** How long it was away. */
  readonly awayMs: number;
}

interface Setting {
  readonly extent?: Extent;
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Bob is frozen from the end of the machine until it has asked for the lost round again. Without Bob and
   * the machine no round ends, so it comes back in time, however long a busy computer needs.
   */
  readonly isBobFrozen?: boolean;
}

/** Copy the machine in a round, wait for its vote in that round, and put it back. */
async function copyVotePutBack(machine: WholeMachine, setting: Setting = {}): Promise<Return> {
  const { extent = 'machine', env, isBobFrozen = false } = setting;
  const lost = await untilVoteLost(machine);
  const fromMs = machine.observer.mark();
  if (isBobFrozen) machine.bob.pause();
  try {
    await machine.putBack(extent, env);
    const awayMs = Date.now() - fromMs;
    if (isBobFrozen) {
      const asked = async (): Promise<boolean> => (await answersFor(machine, lost, fromMs)).some(isFinal);
      await waitFor(`the machine to ask for ${lost} again`, asked, WAIT);
    }
    return { fromMs, lost, awayMs };
  } finally {
    if (isBobFrozen) machine.bob.resume();
  }
}

/** It may prevote, or it sits the round out. */
const isFinal = ({ outcome, parts }: RoundDecision): boolean =>
  parts.includes('prevote') || outcome !== 'granted';

async function answersFor(
  machine: WholeMachine,
  round: string,
  fromMs: number,
): Promise<readonly RoundDecision[]> {
  return (await roundDecisions(machine)).filter(({ unit, atMs }) => unit === round && atMs >= fromMs);
}

/** A copy, and a vote after it. A machine that is too busy may sit a round out: then both are tried again. */
async function untilVoteLost(machine: WholeMachine): Promise<string> {
  const attempt = async (): Promise<string> => {
    const round = await copyInRound(machine);
    await waitFor(`a vote in ${round}`, () => roundsVoted(machine).includes(round), VOTE_WAIT);
    return round;
  };
  const detail = (): string => machine.node.log().slice(-3_000);
  return waitFor('a copy, and a vote after it', attempt, { ...WAIT, detail });
}

/** It seals a block and votes after it was put back, and nothing of it was signed twice since it began. */
async function signsOnce({ observer }: WholeMachine): Promise<string> {
  const backMs = observer.mark();
  const { block, vote } = await observer.untilFirstSignature('Dave', backMs, WAIT.timeoutMs);
  const report = await observer.report();
  assert.deepEqual(equivocationsIn(report), []);
  assert.deepEqual(report.equivocations, { blocks: 0, votes: 0, offences: 0 });
  assert.deepEqual(report.faults, []);
  return `a block after ${block?.afterMs} ms, a vote after ${vote?.afterMs} ms`;
}

/** The service remembers nothing of the lost vote. It was asked about rounds from before and granted none. */
async function refusesThePast(machine: WholeMachine, { lost, fromMs }: Return): Promise<string> {
  const since = (await roundDecisions(machine)).filter(({ atMs }) => atMs >= fromMs);
  const refused = since.filter(({ reason }) => ['unit-past', 'ceiling-unknown'].includes(reason));
  assert.ok(refused.length > 0, `rounds from before are refused: ${JSON.stringify(since)}`);
  const again = await answersFor(machine, lost, fromMs);
  const granted = again.filter(({ outcome }) => outcome === 'granted');
  assert.deepEqual(granted, [], 'the lost round is not granted');
  return `asked again for that round: ${again.map(({ reason }) => reason).join(', ') || 'no'}`;
}

interface Counted {
  /** How often the machine was put back, and after how many of these it signed twice. */
  readonly returns: number;
  readonly twice: number;
  /** How long it was away, in milliseconds. */
  readonly away: readonly number[];
  readonly lines: readonly string[];
}

/** Put it back without the rule, until it has signed twice; in the long form as often as with the rule. */
async function countWithout(machine: WholeMachine, env: Readonly<Record<string, string>>): Promise<Counted> {
  const [lines, away]: [string[], number[]] = [[], []];
  let [returns, twice] = [0, 0];
  while (returns < CONTROL_RETURNS && (LONG || twice === 0)) {
    const { fromMs, awayMs } = await copyVotePutBack(machine, { env, isBobFrozen: returns > 0 });
    const seen = await doublesSince(machine, fromMs);
    away.push(awayMs);
    returns += 1;
    twice += seen.length > 0 ? 1 : 0;
    lines.push(...seen);
  }
  return { returns, twice, away, lines };
}

/** What it signed twice, as soon as that is seen; none if it has gone on to later rounds without. */
async function doublesSince(machine: WholeMachine, fromMs: number): Promise<readonly string[]> {
  const before = new Set(roundsVoted(machine)).size;
  const ended = async (): Promise<readonly string[] | undefined> => {
    // Rounds first: a vote that is counted afterwards is not missed.
    const gone = new Set(roundsVoted(machine)).size >= before + 2;
    const report = await machine.observer.since(fromMs);
    return report.equivocations.votes > 0 || gone ? equivocationsIn(report) : undefined;
  };
  const detail = (): string => machine.node.log().slice(-3_000);
  return waitFor('two votes of one round, or later rounds', ended, { ...WAIT, detail });
}

test('a machine that runs everything is put back from a copy', async (context) => {
  const machine = await startWholeMachine(context);
  for (let at = 1; at <= RETURNS; at += 1)
    await context.test(`${at}: with the rule nothing is signed twice, and it signs on`, async (part) => {
      const back = await copyVotePutBack(machine, { isBobFrozen: at % 2 === 0 });
      const signed = await signsOnce(machine);
      const refused = await refusesThePast(machine, back);
      part.diagnostic(`lost a vote in ${back.lost}, away for ${back.awayMs} ms; ${refused}; ${signed}`);
    });

  for (const extent of ['node', 'gate-state'] as const)
    await context.test(`${extent} alone: the service remembers, and it signs on`, async (part) => {
      const { lost } = await copyVotePutBack(machine, { extent });
      part.diagnostic(`lost a vote in ${lost}; ${await signsOnce(machine)}`);
      assert.doesNotMatch(await machine.service.log(), /rollback-report-held/, 'an old word is explained');
    });

  // The chain may disable an authority that signed twice, so the controls come last.
  for (const [name, how, env] of [
    ['without the base', 'deny', WITHOUT_BASE],
    ['with `return: trust`', 'trust', {}],
  ] as const)
    await context.test(`control: ${name} it signs twice`, async (part) => {
      await machine.applyReturn(how);
      const { returns, twice, away, lines } = await countWithout(machine, env);
      assert.ok(
        twice > 0,
        `put back ${returns} times, it has signed nothing twice: the control shows nothing`,
      );
      assert.ok(
        lines.every((line) => line.startsWith('Dave: ')),
        'nobody else is accused',
      );
      part.diagnostic(
        `put back ${returns} times, away for ${away.join(', ')} ms; signed twice after ${twice}: ${lines.join('; ')}`,
      );
    });
});
