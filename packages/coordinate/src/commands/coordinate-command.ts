import { type Context, withExamples } from '@watchbill/kit/command/context';
import { packageVersion } from '@watchbill/kit/command/version';
import type { Command } from 'commander';
import { addCoordinateApprovals, addCoordinateApprove, addCoordinateVeto } from './approvals.ts';
import { addCoordinateCertificate } from './certificate/certificate-command.ts';
import { addCoordinateRun } from './coordinate-run.ts';
import { addDevChain } from './dev-chain.ts';
import { addCoordinateExplain } from './explain/explain-command.ts';
import { addCoordinateGroup } from './group/group-command.ts';
import { addCoordinateInit } from './init/init-command.ts';
import { addCoordinateSimulate } from './simulate.ts';
import { addCoordinateStatus, addCoordinateWindows } from './status.ts';
import { addVerifyEvidence } from './verify-evidence.ts';
import { addCoordinateWatch } from './watch.ts';

export function fillCoordinate(command: Command, context: Context): void {
  withExamples(command, [
    'watchbill coordinate init --example demo-group',
    'watchbill coordinate run --config demo-group/one/coordinate.yaml',
    'watchbill coordinate status --config demo-group/one/coordinate.yaml',
  ]);
  addCoordinateInit(command, context);
  addCoordinateGroup(command, context);
  addCoordinateRun(command, context);
  addCoordinateStatus(command, context);
  addCoordinateWindows(command, context);
  addCoordinateWatch(command, context);
  addCoordinateApprove(command, context);
  addCoordinateApprovals(command, context);
  addCoordinateVeto(command, context);
  addCoordinateExplain(command, context);
  addCoordinateCertificate(command, context);
  addVerifyEvidence(command, context);
  addCoordinateSimulate(command, context);
  addDevChain(command, context);
} /** The command and this add-on must have one version. */
export const version = packageVersion();
