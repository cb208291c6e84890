import { table } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { secondsFlag } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import { short } from '@watchbill/kit/command/text';
import type { Command } from 'commander';
import type { HandEnd, HandPlan, HandProgramme, HandRound } from '../../service/index.ts';
import type { WouldSend } from '../../transactions/index.ts';
import { refuseMissingDatabase } from '../run/database.ts';
import { addConfigOption, type RunDocument, readRunDocument } from '../run/document.ts';
import { startFault } from '../run/run-fault.ts';
import { storedRound } from './stored.ts';

interface ExecuteFlags {
  readonly config: string;
  readonly send?: boolean;
  readonly wait: number;
  readonly json?: boolean;
}

/** An era of a day has less; `nominate run` continues with open nominations later. */
const WAIT_SECONDS = 3_600;

/** `round execute`: carries out the decisions of a stored round, by hand. */
export function addExecute(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('execute')
    .argument(
      '<round>',
      'stored round: its id or the first characters of it, `newest`, or a file of `round plan --out`',
    )
    .description(
      'show the extrinsics that carry out a stored round; with --send sign them, send them and follow them to their end',
    );
  addConfigOption(command)
    .option('--send', 'sign with the signers of the configuration, and send (default: only show)')
    .option(
      '--wait <seconds>',
      'how long to follow the nominations; `nominate run` continues with those still open',
      secondsFlag('--wait'),
      WAIT_SECONDS,
    )
    .option('--json', 'print JSON')
    .action(async (round: string, options: ExecuteFlags) => exit(await execute(io, round, options)));
  withExamples(
    withStatuses(command, {
      denied: 'a nomination ended without effect',
      unknown: 'a nomination is still open',
    }),
    [
      'watchbill nominate round execute newest',
      'watchbill nominate round execute 4f2a90c1 --send',
      'watchbill nominate round execute round.json --send',
    ],
  );
}

async function execute(io: Io, which: string, options: ExecuteFlags): Promise<ExitCode> {
  const document = await readRunDocument(io, options.config);
  refuseMissingDatabase(document);
  const programme = await opened(io, document);
  const stop = new AbortController();
  const forget = io.onStopSignal(() => stop.abort(new Error('a signal came')));
  try {
    const stored = await storedRound(io, programme.store, which);
    const round = await programme.take(stored, stop.signal).catch((error: unknown) => {
      throw startFault(error);
    });
    return options.send === true
      ? await send(io, round, options, stop)
      : await preview(io, round, options, stop.signal);
  } finally {
    forget();
    await programme.close();
  }
}

async function opened(io: Io, { config, programme, dir }: RunDocument): Promise<HandProgramme> {
  const [{ openByHand }, { openLog }] = await Promise.all([
    import('../../service/index.ts'),
    import('@watchbill/kit/command/log'),
  ]);
  try {
    return await openByHand({
      config,
      programme,
      dir,
      clock: io.clock,
      systemNowMs: () => io.clock.nowMs(),
      fetch: (url, init) => fetch(url, init),
      log: openLog(io, config.log),
    });
  } catch (error) {
    throw startFault(error);
  }
}

function headline({ id, era }: HandRound): string {
  return `round ${id.slice(0, 12)} of era ${era}`;
}

/** The planned nomination of one nominator. */
interface Would {
  readonly plan: HandPlan;
  readonly send: WouldSend | null;
  readonly told: readonly string[];
}

async function preview(
  io: Io,
  round: HandRound,
  { json }: ExecuteFlags,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { previewLines } = await import('../../transactions/index.ts');
  const would: Would[] = [];
  for (const plan of round.plans) {
    const found = plan.intent === null ? null : await round.preview(plan.intent, signal);
    would.push({ plan, send: found?.send ?? null, told: found === null ? [] : previewLines(found) });
  }
  const value = {
    round: round.id,
    era: round.era,
    sent: false,
    nominations: would.map(({ plan, send, told }) => ({ ...plan, send, told })),
  };
  print(io, json, value, () =>
    lines([
      `${headline(round)}: this would be sent`,
      ...would.flatMap(({ plan, told }) => [
        '',
        plan.intent === null
          ? `${plan.name}: no nomination: ${plan.why}`
          : `${plan.name}, for era ${plan.forEra}:`,
        ...told.map((line) => `  ${line}`),
      ]),
      '',
      'dry run: to sign and send, add --send',
    ]),
  );
  return EXIT.ok;
}

async function send(
  io: Io,
  round: HandRound,
  { json, wait }: ExecuteFlags,
  stop: AbortController,
): Promise<ExitCode> {
  const refused = await round.admit();
  const timer = setTimeout(() => stop.abort(new Error('the time is over')), wait * 1_000);
  const ends = await round.carryOut(stop.signal).finally(() => clearTimeout(timer));
  const left = round.plans.flatMap((plan) => {
    const why = plan.intent === null ? plan.why : refused.get(plan.name);
    return why === undefined ? [] : [{ name: plan.name, why }];
  });
  print(io, json, { round: round.id, era: round.era, sent: true, nominations: ends, left }, () =>
    [
      lines([headline(round)]),
      table(['nominator', 'nomination', 'state', 'because'], ends.map(rowOf)),
      lines(left.map(({ name, why }) => `${name}: no nomination: ${why}`)),
      ends.some(({ ending }) => ending === null)
        ? lines(['to continue with open nominations, run `watchbill nominate run` or this command again'])
        : '',
    ].join(''),
  );
  if (ends.some(({ ending }) => ending === null)) return EXIT.unknown;
  const isDone = refused.size === 0 && ends.length > 0;
  return isDone && ends.every(({ ending }) => ending?.result === 'finalised') ? EXIT.ok : EXIT.denied;
}

function rowOf({ name, id, state, ending, held }: HandEnd): readonly string[] {
  const why = ending === null ? held : `${ending.reason}: ${ending.detail}`;
  return [short(name), id.slice(0, 12), state, why ?? ''];
}
