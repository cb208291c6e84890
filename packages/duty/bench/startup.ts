import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import type { Options } from '@watchbill/testkit/bench/options';
import { type Report, table } from '@watchbill/testkit/bench/report';
import { orderOf } from '@watchbill/testkit/bench/rounds';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { median } from '@watchbill/testkit/bench/statistics';
import { packedCommand, setUpKeys, startService } from './service.ts';

const RUN_TIMEOUT_MS = 60_000;
/** Of bash, since Node does not report the processor time of a child: seconds in user and system mode. */
const TIMED = `TIMEFORMAT='%3U %3S'; { time "$@" > /dev/null; } 2>&1`;

/** What the packed command uses of the processor until it has ended, beside Node without a program. */
export async function measureStartup(stage: Stage, options: Options): Promise<Report> {
  const program = await packedCommand(stage);
  const service = await startService(stage, { store: { kind: 'sqlite' } });
  await setUpKeys(service, 1);
  const config = join(service.dir, 'watchbill.yaml');
  const lines = {
    bare: ['--eval', '0'],
    version: [program, '--version'],
    help: [program, '--help'],
    status: [program, 'status', '--config', config],
  };
  const rounds: Record<string, number[]> = { bare: [], version: [], help: [], status: [] };
  for (let round = 0; round < options.rounds; round++)
    for (const [name, args] of orderOf(round, Object.entries(lines)))
      rounds[name]?.push(await processorMs(args, stage.folder));
  return report(rounds);
}

/** `cache`: folder for the compiled code, which the first round leaves for the others. */
async function processorMs(args: readonly string[], cache: string): Promise<number> {
  const timed = ['-c', TIMED, 'bash', process.execPath, ...args];
  const { stdout } = await promisify(execFile)('bash', timed, {
    timeout: RUN_TIMEOUT_MS,
    env: { ...process.env, XDG_CACHE_HOME: cache },
  });
  const [user, system] = stdout.trim().split(' ').map(Number);
  if (user === undefined || system === undefined || !Number.isFinite(user + system))
    throw new Error(`${args.join(' ')} wrote on standard error: ${stdout}`);
  return 1_000 * (user + system);
}

/** `rounds`: processor milliseconds of one process, each number one round. */
function report(rounds: Readonly<Record<string, readonly number[]>>): Report {
  const msOf = (name: string) => median(rounds[name] ?? []);
  const toBare = (name: string) =>
    median((rounds[name] ?? []).map((ms, round) => ms / (rounds.bare?.[round] ?? Number.NaN)));
  const names = Object.keys(rounds);
  const budgets: readonly Budget[] = ['help', 'status'].map((name) =>
    atMost(`${name}Ms`, msOf(name), 150, 'ms'),
  );
  const figures = {
    ...Object.fromEntries(names.map((name) => [`${name}Ms`, msOf(name)])),
    ...Object.fromEntries(names.map((name) => [`${name}ToBare`, toBare(name)])),
    rounds,
  };
  const rows = names.map((name) => [name, figure(msOf(name), 'ms'), figure(toBare(name), '')]);
  const lines = table([['median of rounds', 'processor', 'to bare Node'], ...rows]);
  return { figures, budgets, lines };
}
