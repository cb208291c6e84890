import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AgendaItem } from '../../quorum/group.ts';
import type { Value } from '../../quorum/messages.ts';
import type { QuorumPlan } from '../../quorum/plan-port.ts';
import { refused, VALID } from '../answers.ts';
import { checked, problemOf } from '../content.ts';
import { envelopeProblem } from '../envelope.ts';
import { filePath } from '../fields.ts';
import { memberName } from '../member-name.ts';
import type { ActionContext, ActionPlugin, ExecutionContext } from '../port.ts';
import type { Receipt } from '../receipt.ts';
import type { ActionRefusal } from '../refusals.ts';
import {
  ABSENT_DRILLS,
  type AbsenceStore,
  absencesInFile,
  absencesInMemory,
  afterDrill,
} from './absences.ts';

const NAME = 'heartbeat';
const NONCE_BYTES = 32;
const DEFAULT_WAIT_BLOCKS = 5;

const parameters = z.strictObject({
  /** How long the drill waits for members that the certificate does not name. */
  waitBlocks: z.int().min(0).max(1_000).optional(),
});
const settings = z.strictObject({
  /** Keeps the count of absences across restarts. */
  absencesFile: filePath.optional(),
});

/** The content is only the window's nonce, which every member derives for itself. */
export function drillNonce(plan: QuorumPlan): Uint8Array {
  const window = Buffer.alloc(8);
  window.writeBigUInt64BE(plan.window.index);
  const hash = createHash('sha256').update('watchbill/quorum/heartbeat/1').update(plan.groupId);
  return Uint8Array.from(hash.update(plan.seed).update(window).digest());
}

/** The liveness check: agree on a number, and record which members took part. */
export function heartbeatAction(): ActionPlugin {
  const inMemory = new Map<string, AbsenceStore>();
  const storeOf = (group: string, file: string | undefined): AbsenceStore => {
    const key = file ?? group;
    const store = inMemory.get(key) ?? (file === undefined ? absencesInMemory() : absencesInFile(file));
    inMemory.set(key, store);
    return store;
  };
  return {
    name: NAME,
    parametersProblem: (text) => problemOf(parameters, text),
    pathSettings: ['absencesFile'],
    settingsProblem: (text) => problemOf(settings, text),
    draft: async ({ plan }) => ({ kind: 'content', content: drillNonce(plan) }),
    validate: async ({ plan, item }, value) => {
      const problem = judgeDrill(item, value);
      if (problem !== null) return refused(problem);
      return Buffer.compare(value.content, drillNonce(plan)) === 0 ? VALID : refused('wrong-nonce-of-drill');
    },
    judge: judgeDrill,
    describe: (value) => `drill ${Buffer.from(value.content.subarray(0, NONCE_BYTES)).toString('hex')}`,
    dryRun: async (context, value) => dryRunLines(context, value),
    execute: (context) => {
      const { absencesFile } = checked(settings, context.settings, 'the settings of heartbeat');
      return drill(context, storeOf(Buffer.from(context.plan.groupId).toString('hex'), absencesFile));
    },
  };
}

function judgeDrill(item: AgendaItem, value: Value): ActionRefusal | null {
  return value.content.length === NONCE_BYTES ? envelopeProblem(item, value) : 'malformed';
}

function dryRunLines({ plan }: ActionContext, value: Value): readonly string[] {
  const isOwn = Buffer.compare(value.content, drillNonce(plan)) === 0;
  return [
    `drill of window ${plan.window.index}: the nonce ${isOwn ? 'is' : 'is NOT'} the one that the plan gives`,
    'the drill only records which members took part',
  ];
}

async function drill(context: ExecutionContext, store: AbsenceStore): Promise<Receipt> {
  const { waitBlocks = DEFAULT_WAIT_BLOCKS } = checked(
    parameters,
    context.item.parameters,
    'the parameters of heartbeat',
  );
  const { members } = context.plan.group;
  const signed = new Set(context.certificate.commits.map(({ seat }) => seat));
  await context.report('alive', '');
  const present = await presentUntil(context, signed, context.startBlock + BigInt(waitBlocks));
  const absences = afterDrill(await store.load(), {
    group: Buffer.from(context.plan.groupId).toString('hex'),
    window: context.plan.window.index,
    present,
    seats: members.length,
  });
  await store.store(absences);
  for (const [seat, count] of absences.inRow.entries()) {
    if (count >= ABSENT_DRILLS)
      await context.note(
        receipt('step', `${memberName(context.plan, seat)} was absent from ${count} drills in a row`),
      );
  }
  const heard = [...present].filter((seat) => !signed.has(seat));
  const absent = members.map((_, seat) => seat).filter((seat) => !present.has(seat));
  const names = (seats: Iterable<number>): string =>
    [...seats].map((seat) => memberName(context.plan, seat)).join(', ') || 'none';
  return receipt(
    'done',
    `drill: signed by ${names(signed)}; heard from ${names(heard)}; absent ${names(absent)}`,
  );
}

/** Waits until all members are there, for at most this long. */
async function presentUntil(
  context: ExecutionContext,
  signed: ReadonlySet<number>,
  last: bigint,
): Promise<ReadonlySet<number>> {
  const present = (): ReadonlySet<number> =>
    new Set([...signed, ...context.progress().map(({ seat }) => seat)].toSorted((a, b) => a - b));
  for await (const height of context.heights()) {
    if (height >= last || present().size === context.plan.group.members.length) break;
  }
  return present();
}

function receipt(result: Receipt['result'], text: string): Receipt {
  return { action: NAME, result, text, extrinsic: null };
}
