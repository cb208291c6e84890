import { setTimeout as sleep } from 'node:timers/promises';
import type { Options } from '@watchbill/testkit/bench/options';
import type { Report } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { budgetsOf } from './peers/budgets.ts';
import { figureLines, ratioLines } from './peers/lines.ts';
import { measureRound, warmUp } from './peers/measure.ts';
import { checkNeeds } from './peers/needs.ts';
import type { Results, Round } from './peers/results.ts';
import { startSubjects } from './peers/start.ts';

/** The start of all services is over by then; it would count as work of others. */
const REST_MS = 2_000;

/** Watchbill beside services that a user could write instead: same load, same machine, in turn. */
export async function measurePeers(stage: Stage, options: Options): Promise<Report> {
  await checkNeeds();
  const { all, etcd, postgres } = await startSubjects(stage, options);
  await sleep(REST_MS);
  await warmUp(all);
  const rounds: Round[] = [];
  for (let round = 0; round < options.rounds; round++) {
    process.stderr.write(`round ${round + 1} of ${options.rounds}\n`);
    rounds.push(await measureRound(all, round, options.seconds));
  }
  const results: Results = { etcd, postgres, seconds: options.seconds, rounds };
  const heading = [
    `etcd ${etcd}, PostgreSQL ${postgres}, ${rounds.length} rounds of ${options.seconds} s a phase`,
  ];
  return {
    figures: { ...results },
    kept: results,
    lines: [...heading, '', ...figureLines(results), ...ratioLines(results)],
    budgets: budgetsOf(results),
  };
}
