import { type Clock, growingMs, messageOf, pause } from '@watchbill/kit';
import type { ExecutionContext } from '../../actions/port.ts';
import type { Receipt } from '../../actions/receipt.ts';
import type { Execution } from '../../cursor.ts';
import type { VerifySignature } from '../../keys/port.ts';
import type { Verifier } from '../../keys/verifier.ts';
import { checkCertificate, decodeCertificate } from '../../quorum/certificate.ts';
import type { Certificate } from '../../quorum/messages.ts';
import type { QuorumPlan } from '../../quorum/plan-port.ts';
import {
  expired,
  FIRST_PAUSE_MS,
  type Life,
  LONGEST_PAUSE_MS,
  lifeOf,
  untilKept,
} from '../execution-life.ts';
import type { Executor, Records } from '../ports.ts';
import type { StateFolder } from '../records/open.ts';
import type { ExecutionProgress } from './execution-progress.ts';
import type { HeightFeed } from './height-feed.ts';
import type { PlanOf } from './plans.ts';
import { type ActionParts, contextOf } from './procedure.ts';

export interface ExecutorParts extends ActionParts, Verifier {
  readonly records: Pick<Records, 'receipt'>;
  readonly executions: Pick<StateFolder['executions'], 'take' | 'end'>;
  readonly feed: Pick<HeightFeed, 'follow'>;
  readonly progress: Pick<ExecutionProgress, 'report' | 'of'>;
  readonly planOf: PlanOf;
  readonly time: Clock;
}

/** Runs actions with a certificate, and knows whether one is running. */
export interface QuorumExecutor extends Executor {
  isBusy(): boolean;
}

/**
 * Runs the action of a certificate once, also if the certificate comes again after a restart. Retries a
 * failed action until the execution expires by finalised height. If the signal ends it early, the action is
 * not over.
 */
export function quorumExecutor(parts: ExecutorParts): QuorumExecutor {
  const running = new Set<bigint>();
  return {
    isBusy: () => running.size > 0,
    execute: async (execution, stopped) => {
      running.add(execution.window);
      const life = lifeOf(parts, execution, stopped);
      try {
        await run(parts, execution, life, stopped);
      } finally {
        life.end();
        running.delete(execution.window);
      }
    },
  };
}

async function run(
  parts: ExecutorParts,
  execution: Execution,
  { signal }: Life,
  stopped: AbortSignal,
): Promise<void> {
  const { window, action } = execution;
  const taken = await untilKept(parts, 'execution', stopped, async () => parts.executions.take(execution));
  if (taken === undefined || taken !== null) return;
  const receipt = (await attempts(parts, execution, signal)) ?? expired(action);
  // If the process stops, no receipt is stored, because the action is not over and is started again.
  await untilKept(parts, 'receipt', stopped, () => parts.records.receipt(window, receipt));
  await untilKept(parts, 'end', stopped, async () => parts.executions.end(window, receipt.result));
}

/** Null if the signal ended it. */
async function attempts(
  parts: ExecutorParts,
  execution: Execution,
  signal: AbortSignal,
): Promise<Receipt | null> {
  let told = '';
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      const receipt = await once(parts, execution, signal);
      return signal.aborted && receipt.result === 'step' ? null : receipt;
    } catch (error) {
      const text = `${execution.action}: ${messageOf(error)}`;
      if (text !== told && !signal.aborted) parts.note({ code: 'execution-failed', text });
      told = text;
      await pause(growingMs(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), signal, parts.time);
    }
  }
  return null;
}

async function once(parts: ExecutorParts, execution: Execution, signal: AbortSignal): Promise<Receipt> {
  const { window, action, payload } = execution;
  const certificate = decodeCertificate(payload);
  const plugin = parts.plugins.get(action);
  if (plugin === undefined) return failed(action, 'this release has no such plug-in');
  const plan = await parts.planOf(window, signal);
  const { settled, verify } = parts;
  const why = await settled(() => certificateProblem(verify, plan, execution, certificate));
  const item = plan.version.agenda.find((candidate) => candidate.action === action);
  if (certificate === null || why !== null) return failed(action, why ?? 'there is no certificate');
  if (item === undefined) return failed(action, 'the action is not on the agenda');
  const base = contextOf(parts, plan, item, signal);
  return plugin.execute(executionContext(parts, execution, certificate, base), certificate.value);
}

/** The action that runs must be the agreed one, even if the cursor differs. */
function certificateProblem(
  verify: VerifySignature,
  plan: QuorumPlan,
  { window, action }: Execution,
  certificate: Certificate | null,
): string | null {
  if (certificate === null) return 'its certificate cannot be read';
  if (certificate.window !== window || certificate.value.action !== action)
    return 'its certificate is for another value';
  return checkCertificate(plan.group, plan.schedule, certificate, verify);
}

function executionContext(
  parts: ExecutorParts,
  { window, startBlock, expiryBlock }: Execution,
  certificate: Certificate,
  base: ReturnType<typeof contextOf>,
): ExecutionContext {
  const { signal } = base;
  return {
    ...base,
    certificate,
    startBlock,
    expiryBlock,
    heights: () => parts.feed.follow(signal),
    report: async (status, detail) => {
      await untilKept(parts, 'progress', signal, async () => parts.progress.report(window, status, detail));
    },
    progress: () => parts.progress.of(window),
    note: async (receipt) => {
      await untilKept(parts, 'receipt', signal, () => parts.records.receipt(window, receipt));
    },
  };
}

function failed(action: string, text: string): Receipt {
  return { action, result: 'failed', text, extrinsic: null };
}
