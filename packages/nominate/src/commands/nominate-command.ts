import { type Context, withExamples } from '@watchbill/kit/command/context';
import { packageVersion } from '@watchbill/kit/command/version';
import type { Command } from 'commander';
import { addBacktest } from './backtest.ts';
import { addCandidates } from './candidates/candidates-command.ts';
import { addCheck } from './check.ts';
import { addNominateInit } from './init/init-command.ts';
import { addKey } from './key/key-command.ts';
import { addNext } from './next.ts';
import { addRound } from './round/round-command.ts';
import { addNominateRun } from './run/run-command.ts';
import { addScore } from './score.ts';
import { addSnapshot } from './snapshot.ts';
import { addTx } from './tx/tx-command.ts';

export function fillNominate(command: Command, context: Context): void {
  withExamples(command, [
    'watchbill nominate init --example',
    'watchbill nominate key create --out keys/west.json',
    'watchbill nominate run',
    'watchbill nominate snapshot --out snapshot.json',
    'watchbill nominate check --snapshot example-snapshot.json',
    'watchbill nominate round plan --snapshot example-snapshot.json --out round.json',
  ]);
  addNominateInit(command, context);
  addKey(command, context);
  addNominateRun(command, context);
  addSnapshot(command, context);
  addCandidates(command, context);
  addCheck(command, context);
  addScore(command, context);
  addRound(command, context);
  addNext(command, context);
  addBacktest(command, context);
  addTx(command, context);
} /** The command and this add-on must have one version. */
export const version = packageVersion();
