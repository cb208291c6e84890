import { Fault, fault, usageFault } from '@watchbill/kit';
import type { Context } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { lines, printJson } from '@watchbill/kit/command/print';
import { type Api, STOPPED, withApi } from '../../client/api.ts';
import { policiesOf, policyOf, shownKey } from '../../client/keys.ts';
import { problemFault } from '../../client/problem.ts';
import { resolveTarget, type Target } from '../../client/target.ts';
import type { KeyWords, Policy } from '../../rule/index.ts';
import type { Drill, WatchState } from '../../service/index.ts';
import { tell } from '../tell.ts';
import { firstUnit, missedUnits, newestDecision } from './follow.ts';
import type { HandoverOptions } from './handover-command.ts';
import { checklistText, type Done, doneText, verdictText } from './text.ts';

/** The service waits 30 s for the units of the old node. */
const MOVE_TIMEOUT_MS = 45_000;
const LOOK_MS = 100;
/** A service that lost its client has taken the mark of the handover away by then. */
const SETTLE_MS = 10_000;

/** The handover of one key. */
export interface Work {
  readonly io: Io;
  readonly options: HandoverOptions;
  readonly target: Target;
  readonly api: Api;
  readonly policy: Policy;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

/** The result for one key; `--json` prints it as one member of `keys`. */
interface Outcome {
  readonly code: ExitCode;
  readonly found: object;
}

/** The drill of every key; with --execute, and if every drill passes, the handover of one after another. */
export async function runHandover(io: Io, options: HandoverOptions, exit: Context['exit']): Promise<void> {
  const target = resolveTarget(io, options);
  const stop = new AbortController();
  const forget = io.onStopSignal(() => stop.abort());
  try {
    await withApi(target, async (api) => {
      const works = (await choosePolicies(api, options)).map(
        (policy): Work => ({ io, options, target, api, policy, signal: stop.signal }),
      );
      const outcomes = await runAll(works);
      if (options.json) printJson(io, { keys: outcomes.map(({ found }) => found) });
      exit(worst(outcomes));
    });
  } finally {
    forget();
  }
}

/**
 * The policies that are meant: that of the key, or all that list the node. A validator has a key for each
 * duty, and an upgrade needs all of them on the other machine.
 */
async function choosePolicies(
  api: Api,
  { to, key, chain }: KeyWords & { readonly to: string },
): Promise<readonly Policy[]> {
  const policies =
    key === undefined ? await policiesOf(api, { chain }) : [await policyOf(api, { key, chain })];
  const found = policies.filter(({ roster }) => roster.some(({ name }) => name === to));
  if (found.length > 0) return found;
  if (policies.length === 0)
    throw usageFault('no key has a policy yet', 'apply one first: `watchbill policy apply FILE`');
  const nodes = [...new Set(policies.flatMap(({ roster }) => roster.map(({ name }) => name)))];
  const what = `no policy ${key === undefined ? '' : 'of this key '}lists the node ${to}`;
  throw usageFault(what, `the nodes are: ${nodes.join(', ')}`, 'flag --to');
}

async function runAll(works: readonly Work[]): Promise<readonly Outcome[]> {
  const drills: Rehearsed[] = [];
  for (const work of works) drills.push(await rehearse(work));
  const [{ options } = { options: null }] = works;
  const isDone = drills.every(({ drill }) => drill === null);
  if (isDone || options?.execute !== true || (worst(drills) !== EXIT.ok && options.force === undefined)) {
    if (options !== null && !isDone) say(works, verdictText(options.to, worst(drills)));
    return drills;
  }
  const done: Outcome[] = [];
  for (const [at, work] of works.entries()) {
    const drill = drills[at]?.drill;
    if (drill === undefined || work.signal.aborted) break;
    if (drill === null) continue;
    const outcome = await execute(work, drill);
    done.push(outcome);
    // Another key after a refusal or Ctrl-C would be a surprise.
    if (outcome.code !== EXIT.ok && outcome.code !== EXIT.unknown) break;
  }
  return done;
}

/** A refusal, then an unknown fact, then the rest. */
function worst(outcomes: readonly Outcome[]): ExitCode {
  const codes = outcomes.map(({ code }) => code);
  const order: readonly ExitCode[] = [EXIT.fault, EXIT.denied, EXIT.unknown];
  return order.find((code) => codes.includes(code)) ?? EXIT.ok;
}

function say([work]: readonly Work[], text: string): void {
  if (work !== undefined && !work.options.json) tell(work.io, text);
}

const STATUSES = { ok: EXIT.ok, fail: EXIT.denied, unknown: EXIT.unknown } as const;

/** Without a drill if the node is active already: scripts repeat a handover, and that is no failed drill. */
type Rehearsed = Outcome & { readonly drill: Drill | null };

async function rehearse(work: Work): Promise<Rehearsed> {
  const { chain, key } = work.policy;
  const { watch } = await work.api.get<{ watch: WatchState[] }>('/v1/watch', { chain, key });
  const active = watch.find(
    ({ holder, live, movingTo }) => holder === work.options.to && live && movingTo == null,
  );
  if (active !== undefined) {
    say([work], lines([`${work.options.to} is active already, for key ${shownKey(work.policy)}`]));
    return { code: EXIT.ok, found: { active }, drill: null };
  }
  const drill = await work.api.send<Drill>('POST', '/v1/watch/drill', { chain, key, to: work.options.to });
  say([work], checklistText(drill));
  return { code: STATUSES[drill.state], found: { drill }, drill };
}

async function execute(work: Work, drill: Drill): Promise<Outcome> {
  const { io, options, signal } = work;
  await confirm(work);
  if (signal.aborted) return stopped(work);
  const since = await newestDecision(work.api);
  const startMs = io.clock.monotonicMs();
  const watch = await move(work);
  if (watch === null) return stopped(work);
  const tookMs = io.clock.monotonicMs() - startMs;
  const first = await firstUnit(work, since);
  const missed = await missedUnits(work.api, work.policy, since);
  const done: Done = { watch, from: drill.from, tookMs, first, missed };
  say([work], doneText(done, options.seconds));
  const code = first === null || first.seen === false ? EXIT.unknown : EXIT.ok;
  return { code, found: { drill, ...done } };
}

/** A person types the end of the key, so that the wrong key is not moved by habit. */
async function confirm({ io, options, policy: { key } }: Work): Promise<void> {
  if (options.yes) return;
  if (io.askHidden === null)
    throw usageFault(
      '--execute asks for the last six digits of the key, and no person is at the terminal',
      'add --yes in a script',
      'flag --execute',
    );
  const typed = await io.askHidden(`last six digits of the key ${key.slice(0, 10)}…: `);
  if (typed.trim().toLowerCase() === key.slice(-6)) return;
  throw usageFault(
    'the digits are not the last six of the key, so the command stops',
    'look at the key in `watchbill status`, then run the command again',
  );
}

/** The watch after the handover; null if Ctrl-C ended the request. */
async function move({ api, policy, options, target, signal }: Work): Promise<WatchState | null> {
  const { chain, key } = policy;
  const force = options.force === undefined ? {} : { force: options.force };
  const body = { chain, key, to: options.to, ...force };
  const call = { body, signal, timeoutMs: MOVE_TIMEOUT_MS };
  try {
    const answer = await api.ask('POST', '/v1/watch/handover', call);
    if (answer.status === 200) return answer.body as WatchState;
    throw refusal(problemFault(answer, 'POST /v1/watch/handover', target), answer.status);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.code === STOPPED) return null;
    throw error.kind === 'unreachable' ? lost(error, options.to) : error;
  }
}

/** The service died, or the line did: the old node may be kept from new rounds for a while. */
function lost(error: Fault, to: string): Fault {
  const where = error.problems[0]?.where ?? undefined;
  const what = `it is not known whether ${to} is active now: ${error.message}`;
  const remedy =
    'look at `watchbill status` of a service that answers; an unfinished handover ends by itself within 45 s';
  return fault(error.code, 'unreachable', { what, where, remedy }, error);
}

const REFUSALS = new Set(['not-ready', 'not-listed', 'changed', 'handover-late', 'called-off']);

/** A handover that the service refuses changes nothing: exit status 3, with its cause and remedy. */
function refusal(error: Fault, status: number): Fault {
  const [problem] = error.problems;
  if (problem === undefined || (!REFUSALS.has(error.code) && status !== 409)) return error;
  const { what, where, remedy } = problem;
  return fault(error.code, 'denied', { what, where: where ?? undefined, remedy }, error);
}

/** The state after Ctrl-C: the service takes a handover back as long as the watch did not move. */
async function stopped(work: Work): Promise<Outcome> {
  const { io, options, api, policy } = work;
  const { chain, key } = policy;
  const endMs = io.clock.monotonicMs() + SETTLE_MS;
  for (;;) {
    const { watch } = await api.get<{ watch: WatchState[] }>('/v1/watch', { chain, key });
    const [now] = watch;
    const settled = now?.movingTo == null;
    if (now !== undefined && (settled || io.clock.monotonicMs() >= endMs)) {
      say([work], stoppedText(now, options.to));
      return { code: now.holder === options.to ? EXIT.ok : EXIT.fault, found: { stopped: true, watch: now } };
    }
    await io.clock.sleep(LOOK_MS);
  }
}

function stoppedText({ holder, term, movingTo }: WatchState, to: string): string {
  const who = `stopped: ${holder ?? 'no node'} is active, term ${term}.`;
  if (movingTo != null)
    return lines([
      who,
      `The handover to ${movingTo} is not taken back yet; it ends by itself within 45 s, or now by \`watchbill handover --to ${holder} --execute --force stopped\`.`,
    ]);
  if (holder === to) return lines([who, 'The handover was done before it could be stopped.']);
  return lines([who, 'The handover was called off.']);
}
