import { bytesOfHex, hexOf } from '@watchbill/chain';
import { accountOfText, addressOfAccount, decodeCall } from '@watchbill/chain/extrinsics';
import type { Value } from '../../quorum/messages.ts';
import { answered, refused } from '../answers.ts';
import { bytesOfRecord, checked, problemOf } from '../content.ts';
import type { ActionDoors } from '../doors.ts';
import type { ActionContext, ActionPlugin, Draft } from '../port.ts';
import { oneLine } from '../text.ts';
import { approved, callText, whyNotAgain } from './call-approval.ts';
import { judgeOnChainState, leasePeriod, readChainState } from './call-chain.ts';
import {
  accountHex,
  type CallContent,
  type CallSettings,
  callSettings,
  checkedCallParameters,
  contentOf,
  judgeCall,
  ownersOf,
  parametersOf,
} from './call-content.ts';
import { executeCall } from './call-execution.ts';
import { executeMultisig } from './call-multisig.ts';
import { oldestCall } from './call-queue.ts';
import { draftedCalls, noteDrafted, settleDrafted, settleMultisig } from './drafted.ts';

/** Any call that the agenda allows, made once by one account. */
export function callAction(doors: ActionDoors): ActionPlugin {
  return {
    name: 'call',
    parametersProblem: (text) => problemOf(checkedCallParameters, text),
    pathSettings: ['queue', 'approvals', 'submitKey'],
    settingsProblem: (text) => problemOf(callSettings, text),
    draft: (context) => draft(doors, context),
    validate: (context, value) =>
      answered(async () => {
        const offline = judgeCall(context.item, value, new Uint8Array());
        const content = contentOf(value);
        if (offline !== null || content === null) return refused(offline ?? 'malformed');
        const chainState = await readChainState(doors, context, bytesOfHex(content.account, 'the account'));
        const judged = judgeOnChainState(context, parametersOf(context.item), content, chainState);
        return judged.result === 'valid'
          ? approved(doors, context, settingsOf(context), content, chainState)
          : judged;
      }),
    judge: judgeCall,
    describe: (value) => describe(contentOf(value)),
    dryRun: (context, value) => dryRun(doors, context, value),
    execute: async (context, value) => {
      const content = contentOf(value);
      // A certificate means that members could read the content.
      if (content === null) throw new Error('the certified content is not a content of call');
      const { queue, approvals, submitKey = null } = settingsOf(context);
      const folders = [queue, approvals].filter((folder) => folder !== undefined);
      const run = { context, doors, content, folders, approvals: approvals ?? null, submitKey };
      const { multisig } = parametersOf(context.item);
      return multisig === undefined ? executeCall(run) : executeMultisig(run, ownersOf(multisig));
    },
  };
}

function settingsOf({ settings }: ActionContext): CallSettings {
  return checked(callSettings, settings, 'the settings of call');
}

async function draft(doors: ActionDoors, context: ActionContext): Promise<Draft> {
  const nothing = (why: string): Draft => ({ kind: 'nothing', why });
  const { queue } = settingsOf(context);
  if (queue === undefined)
    return nothing('this operator has no queue of calls; set `queue` in the settings of call');
  const parameters = parametersOf(context.item);
  const account = accountOfText(parameters.account) ?? new Uint8Array();
  const chainState = await readChainState(doors, context, account);
  const { metadata, specVersion, transactionVersion } = chainState.view;
  const { view, nonce } = chainState;
  const at = { view, account: hexOf(account), nonce };
  if (parameters.multisig === undefined) await settleDrafted(doors, context, queue, at);
  else await settleMultisig(doors, context, queue, at);
  const entry = await oldestCall(queue, metadata);
  if (entry === null) return nothing('the queue is empty');
  const named = `${oneLine(entry.name)}, the oldest file of the queue`;
  if (entry.result === 'unusable')
    return nothing(`${named}, cannot be used: ${entry.why}; correct or remove it`);
  const problem = whyNotAgain(context, entry, at.account);
  const blocked = problem((await draftedCalls(queue)).filter(({ file }) => file === entry.name));
  if (blocked !== null) return nothing(`${named}, ${blocked}`);
  const period = leasePeriod(context, metadata);
  if (period === null)
    return nothing(
      'no era fits the lease: make the window and validityBlocks together at least a power of two',
    );
  const content: CallContent = {
    call: hexOf(entry.bytes),
    account: accountHex(parameters),
    nonce: chainState.nonce,
    specVersion,
    transactionVersion,
    period,
    ...(parameters.holdBlocks === undefined ? {} : { holdBlocks: parameters.holdBlocks }),
  };
  // Never propose a call that the other members would refuse.
  if (entry.bytes.length > parameters.maxBytes)
    return nothing(`${named}, is refused (too-large): a call has at most ${parameters.maxBytes} bytes here`);
  const judged = judgeOnChainState(context, parameters, content, chainState);
  if (judged.result === 'refused')
    return nothing(`${named}, is refused (${judged.code}): ${judged.detail}; correct or remove it`);
  const { block } = context.plan.window;
  const until = Number(block) + period - 1;
  const drafted = { ...namedOf(content), file: entry.name, from: Number(block), until };
  const late = await noteDrafted(queue, drafted, problem);
  if (late !== null) return nothing(`${named}, ${late}`);
  return { kind: 'content', content: bytesOfRecord(content) };
}

function namedOf({ call, account, nonce }: CallContent): Pick<CallContent, 'call' | 'account' | 'nonce'> {
  return { call, account, nonce };
}

function describe(content: CallContent | null): string {
  if (content === null) return 'a call that cannot be read';
  const { call, account, nonce, specVersion, period, holdBlocks } = content;
  const hold = holdBlocks === undefined ? '' : `, held for ${holdBlocks}`;
  const bytes = call.length / 2 - 1;
  return `call of ${bytes} bytes ${oneLine(call, 66)} by ${account}, nonce ${nonce}, runtime ${specVersion}, for ${period} blocks${hold}`;
}

async function dryRun(doors: ActionDoors, context: ActionContext, value: Value): Promise<readonly string[]> {
  const content = contentOf(value);
  if (content === null) return ['the content cannot be read: it would be refused (malformed)'];
  const account = bytesOfHex(content.account, 'the account');
  const { view } = await readChainState(doors, context, account);
  const bytes = bytesOfHex(content.call, 'the call');
  const read = decodeCall(view.metadata, bytes);
  const text = callText(view.metadata, bytes);
  const { plan } = context;
  const place = plan.submitters.indexOf(context.seat);
  const begin = plan.window.end + BigInt(content.holdBlocks ?? 0) + BigInt(place) * plan.version.stageBlocks;
  const what =
    read.result === 'call' ? [`call ${text}`, `calls in it: ${read.call.calls.join(', ')}`] : [text];
  return [
    ...what,
    `account ${addressOfAccount(account, view.metadata.ss58Prefix)}, nonce ${content.nonce}, tip 0`,
    `may land in blocks ${plan.window.block + 1n} to ${plan.window.block + BigInt(content.period) - 1n}`,
    `this member would submit at height ${begin}, as number ${place + 1}, if it holds the account's key`,
  ];
}
