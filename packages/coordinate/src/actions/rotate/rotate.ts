import { hexOf } from '@watchbill/chain';
import { accountOfText, isStash } from '@watchbill/chain/extrinsics';
import type { Validation } from '../../rules.ts';
import { answered, refused, refusedByFacts, VALID } from '../answers.ts';
import { bytesOfRecord, problemOf } from '../content.ts';
import type { ActionDoors } from '../doors.ts';
import { memberName } from '../member-name.ts';
import type { ActionContext, ActionPlugin } from '../port.ts';
import { oneLine } from '../text.ts';
import { derivedRotation, validatorsOf } from './rotate-chain.ts';
import {
  allKeysDigest,
  contentOf,
  judgeRotate,
  parametersOf,
  type RotateContent,
  rotateParameters,
  rotateSettings,
  settingsOf,
} from './rotate-content.ts';
import { executeRotate } from './rotate-execution.ts';

/** Rotates session keys, one member after another, never two in one session. */
export function rotateAction(doors: ActionDoors): ActionPlugin {
  return {
    name: 'rotate',
    parametersProblem: (text) => problemOf(rotateParameters, text),
    pathSettings: ['submitKey', 'keysFile'],
    settingsProblem: (text) => problemOf(rotateSettings, text),
    draft: async (context) => {
      const wrong = problemOf(rotateSettings, context.settings);
      if (wrong !== null) return { kind: 'nothing', why: `the settings of rotate: ${wrong}` };
      const unready = await ownProblem(doors, context);
      if (unready.result !== 'valid')
        return { kind: 'nothing', why: unready.result === 'refused' ? unready.detail : unready.why };
      return { kind: 'content', content: bytesOfRecord(await derivedRotation(doors, context)) };
    },
    validate: (context, value) =>
      answered(async () => {
        const offline = judgeRotate(context.item, value, new Uint8Array());
        const content = contentOf(value);
        if (offline !== null || content === null) return refused(offline ?? 'malformed');
        const unready = await ownProblem(doors, context);
        return unready.result === 'valid' ? compare(content, await derivedRotation(doors, context)) : unready;
      }),
    judge: judgeRotate,
    describe: (value) => {
      const content = contentOf(value);
      if (content === null) return 'a rotation that cannot be read';
      return `rotation of session keys, seats ${content.order.join(', ')}, from session ${content.session} on`;
    },
    dryRun: (context, value) => dryRun(doors, context, contentOf(value)),
    execute: async (context, value) => {
      const content = contentOf(value);
      if (content === null) throw new Error('the certified content is not a content of rotate');
      return executeRotate(context, doors, content);
    },
  };
}

function compare(content: RotateContent, derived: RotateContent): Validation {
  if (content.order.join() !== derived.order.join()) return refused('wrong-order');
  if (content.session !== derived.session)
    return refusedByFacts(
      'wrong-session',
      { session: derived.session },
      `the session is ${derived.session}, not ${content.session}`,
    );
  const keys = allKeysDigest(derived);
  return keys === allKeysDigest(content) ? VALID : refusedByFacts('wrong-keys', { keys }, keys);
}

/** Why this member must not take its turn, before any member has begun. */
async function ownProblem(doors: ActionDoors, context: ActionContext): Promise<Validation> {
  const { node, plan } = context;
  const seats = plan.group.members.length;
  const named = validatorsOf(context).length;
  if (named !== seats) return refused('wrong-validators', `${named} for ${seats} seats`);
  const settings = settingsOf(context.settings);
  const submitter = doors.key(settings.submitKey).publicKey;
  const block = hexOf(plan.referenceHash);
  const { metadata } = await doors.views.at(node, block);
  const remedy = 'submit with a proxy of it (StakingOperator, or Staking), and name it as proxyFor';
  return (await isStash(node, metadata, submitter, block)) ? refused('stash-key-refused', remedy) : VALID;
}

async function dryRun(
  doors: ActionDoors,
  context: ActionContext,
  content: RotateContent | null,
): Promise<readonly string[]> {
  if (content === null) return ['the content cannot be read: it would be refused (malformed)'];
  const settings = settingsOf(context.settings);
  const submitter = hexOf(doors.key(settings.submitKey).publicKey);
  const real = accountOfText(settings.proxyFor ?? '');
  const owner = real === null ? submitter : hexOf(real);
  const names = content.order.map((seat) => memberName(context.plan, seat));
  const place = content.order.indexOf(context.seat);
  const { turnBlocks } = parametersOf(context.item);
  const turn = turnBlocks === undefined ? '' : `, and has ${turnBlocks} blocks for its turn`;
  const by = owner === submitter ? 'by itself' : `through its proxy ${submitter}`;
  return [
    `rotation in the order ${names.join(', ')}, one per session, from session ${content.session} on`,
    `this member is number ${place + 1}${turn}`,
    `its node would make new keys for ${owner}, which sets them ${by}`,
    'its turn ends when the chain has them as its next keys; the next member begins in a later session',
  ].map((line) => oneLine(line, 1_000));
}
