// A machine that runs everything is put back from a copy, as from a snapshot of a virtual machine, while the three
// other validators went on. An observer that knows no service counts what it signs. The controls take the rule away.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { equivocationsIn, waitFor } from '@watchbill/testkit';
import { type Extent, startWholeMachine, VOTE_KEY, type WholeMachine } from './whole-machine.ts';

const LONG = process.env.WATCHBILL_LONG === '1';
/** How often the machine is put back with the rule. */
const RETURNS = LONG ? 10 : 2;
/** The same for a control, at most: on a busy machine the node may come back in a later round. */
const CONTROL_RETURNS = LONG ? RETURNS : 6;
const WAIT = { timeoutMs: 150_000, everyMs: 50 };
const HOOK = new URL('../simulation/mutations/load-mutated.mjs', import.meta.url).href;
/** The service with its sources patched while they are loaded. */
const WITHOUT_BASE = {
  SIMULATION_MUTATION: 'c1-no-base',
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${HOOK}`,
};

/** Three of the four validators have precommitted, so a round is complete, and the next one begins. */
const QUORUM = 3;
/** The machine hears of it at about the same time. */
const HEARS_MS = 250;

/** Rounds, as `set/round`, in which so many validators have cast this part; with a key, in which that one has. */
function roundsWith(
  machine: WholeMachine,
  part: 'prevote' | 'precommit',
  who: number | string,
): readonly string[] {
  const cast = machine
    .votes()
    .filter(({ kind, authority }) => kind === part && (typeof who === 'number' || authority === who));
  const byRound = Map.groupBy(cast, ({ set, round }) => `${set}/${round}`);
  const least = typeof who === 'number' ? who : 1;
  return [...byRound]
    .filter(([, votes]) => new Set(votes.map(({ authority }) => authority)).size >= least)
    .map(([round]) => round);
}

/** Wait for one such round more than there are now, and answer it. */
async function untilNext(
  machine: WholeMachine,
  part: 'prevote' | 'precommit',
  who: number | string,
): Promise<string> {
  const before = roundsWith(machine, part, who);
  const next = (): string | undefined =>
    roundsWith(machine, part, who).find((round) => !before.includes(round));
  const detail = (): string => machine.node.log().slice(-3_000);
  return waitFor(`a ${part} in a round that is new`, next, { ...WAIT, detail });
}

/**
 * Copy it when a round has just begun, wait for its prevote in that round, and put it back: it does not know of
 * that prevote, and the round goes on. Answers when it was ended, and the round.
 */
async function copyVotePutBack(
  machine: WholeMachine,
  extent: Extent,
  env?: Readonly<Record<string, string>>,
): Promise<{ readonly fromMs: number; readonly lost: string }> {
  await untilNext(machine, 'precommit', QUORUM);
  await sleep(HEARS_MS);
  await machine.copy();
  const lost = await untilNext(machine, 'prevote', VOTE_KEY);
  const fromMs = machine.observer.mark();
  await machine.putBack(extent, env);
  return { fromMs, lost };
}

/** It seals a block and votes after it was put back, and nothing of it was signed twice since it began. */
async function signsOnce(machine: WholeMachine, context: TestContext, lost: string): Promise<void> {
  const { observer } = machine;
  const backMs = observer.mark();
  const { block, vote } = await observer.untilFirstSignature('Dave', backMs, WAIT.timeoutMs);
  const report = await observer.report();
  assert.deepEqual(equivocationsIn(report), []);
  assert.deepEqual(report.equivocations, { blocks: 0, votes: 0, offences: 0 });
  assert.deepEqual(report.faults, []);
  context.diagnostic(
    `put back after a vote in ${lost}: a block after ${block?.afterMs} ms, a vote after ${vote?.afterMs} ms`,
  );
}

/** How many decisions of the service, since it was started, had this outcome and reason. */
async function decisions({ service }: WholeMachine, outcome: string, reason: string): Promise<number> {
  const text = await (await service.fetch('/metrics')).text();
  const line = new RegExp(
    `^watchbill_decisions_total\\{duty="grandpa",outcome="${outcome}",reason="${reason}"\\} (\\d+)$`,
    'm',
  );
  return Number(line.exec(text)?.[1] ?? 0);
}

interface Counted {
  /** How often the machine was put back, and after how many of these it signed twice. */
  readonly returns: number;
  readonly twice: number;
  readonly lines: readonly string[];
}

/** Put it back without the rule, until it has signed twice; in the long form as often as with the rule. */
async function countWithout(machine: WholeMachine, env?: Readonly<Record<string, string>>): Promise<Counted> {
  const lines: string[] = [];
  let [returns, twice] = [0, 0];
  while (returns < CONTROL_RETURNS && (LONG || twice === 0)) {
    const { fromMs } = await copyVotePutBack(machine, 'machine', env);
    const seen = await doublesSince(machine, fromMs);
    returns += 1;
    twice += seen.length > 0 ? 1 : 0;
    lines.push(...seen);
  }
  return { returns, twice, lines };
}

/** What it signed twice, as soon as that is seen; none if it has gone on to later rounds without. */
async function doublesSince(machine: WholeMachine, fromMs: number): Promise<readonly string[]> {
  const before = roundsWith(machine, 'prevote', VOTE_KEY).length;
  const ended = async (): Promise<readonly string[] | undefined> => {
    // Rounds first: a vote that is counted afterwards is not missed.
    const gone = roundsWith(machine, 'prevote', VOTE_KEY).length >= before + 2;
    const report = await machine.observer.since(fromMs);
    return report.equivocations.votes > 0 || gone ? equivocationsIn(report) : undefined;
  };
  const detail = (): string => machine.node.log().slice(-3_000);
  return waitFor('two votes of one round, or later rounds', ended, { ...WAIT, detail });
}

test('a machine that runs everything is put back from a copy', async (context) => {
  const machine = await startWholeMachine(context);
  await untilNext(machine, 'precommit', VOTE_KEY);

  for (let at = 1; at <= RETURNS; at += 1)
    await context.test(`${at}: with the rule nothing is signed twice, and it signs on`, async (part) => {
      const { lost } = await copyVotePutBack(machine, 'machine');
      await signsOnce(machine, part, lost);
      assert.ok((await decisions(machine, 'denied', 'unit-past')) > 0, 'rounds from before were refused');
    });

  for (const extent of ['node', 'gate-state'] as const)
    await context.test(`${extent} alone: the service remembers, and it signs on`, async (part) => {
      const { lost } = await copyVotePutBack(machine, extent);
      await signsOnce(machine, part, lost);
      assert.doesNotMatch(await machine.service.log(), /rollback-report-held/, 'an old word is explained');
    });

  // The chain may disable an authority that signed twice, so the controls come last.
  for (const [name, how, env] of [
    ['without the base', 'deny', WITHOUT_BASE],
    ['with `return: trust`', 'trust', undefined],
  ] as const)
    await context.test(`control: ${name} it signs twice`, async (part) => {
      await machine.applyReturn(how);
      const { returns, twice, lines } = await countWithout(machine, env);
      assert.ok(
        twice > 0,
        `put back ${returns} times, it has signed nothing twice: the control shows nothing`,
      );
      assert.ok(
        lines.every((line) => line.startsWith('Dave: ')),
        'nobody else is accused',
      );
      part.diagnostic(
        `put back ${returns} times, it signed twice after ${twice} of them: ${lines.join('; ')}`,
      );
    });
});
