import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { shortHex } from '@watchbill/kit/command/text';
import type { Command } from 'commander';
import { type Api, withApi } from '../../client/api.ts';
import { addClientOptions, type ClientOptions, resolveTarget } from '../../client/target.ts';
import type { Policy } from '../../client/views.ts';
import type { PolicyDocument } from '../../service/index.ts';
import { type Change, diffPolicies, diffText, documentOf } from './diff.ts';
import { readPolicyDocument } from './document.ts';
import { meaningOf, removedNodes } from './meaning.ts';
import { SAMPLE_POLICY } from './sample.ts';

interface ApplyOptions extends ClientOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/**
 * `policy apply FILE`: checks the document, compares it with the policy in force, and applies it to the
 * ledger.
 */
export function addPolicyApply(parent: Command, { io }: Context): void {
  const command = parent
    .command('apply <file>')
    .description('check a policy document (YAML or JSON), show its changes and their effect, and apply it')
    .option('--dry-run', 'show the changes without applying them')
    .option('--yes', 'apply even if a node is removed');
  addClientOptions(command).action((file: string, options: ApplyOptions) => apply(io, file, options));
  withExamples(command, [
    'watchbill policy apply policy.yaml --dry-run',
    'watchbill policy apply policy.yaml',
    'watchbill policy show --key 0xd435… > policy.yaml   # to edit the policy in force',
  ]);
  command.addHelpText('after', () => `A document:\n${SAMPLE_POLICY.replace(/^(?=.)/gm, '  ')}`);
}

async function apply(io: Io, file: string, options: ApplyOptions): Promise<void> {
  const document = await readPolicyDocument(io, file);
  const target = resolveTarget(io, options);
  await withApi(target, async (api) => {
    const before = await currentPolicy(api, document);
    const changes = diffPolicies(before === null ? null : documentOf(before), document);
    const meaning = meaningOf(before, document);
    if (options.json !== true) io.out(changeText(document, before, changes, meaning));
    const removed = removedNodes(before, document);
    if (removed.length > 0 && options.yes !== true && options.dryRun !== true)
      throw usageFault(`this removes ${removed.join(', ')} and needs --yes`, 'add --yes to remove it', file);
    const applied = await applyChanges(api, document, changes, options);
    const result = { applied: applied !== null, policy: applied, changes, meaning };
    print(io, options.json, result, () => resultText(applied, changes));
  });
}

async function currentPolicy(api: Api, { chain, key }: PolicyDocument): Promise<Policy | null> {
  const { policies } = await api.get<{ policies: Policy[] }>('/v1/policies');
  return policies.find((policy) => policy.chain === chain && policy.key === key) ?? null;
}

async function applyChanges(
  api: Api,
  document: PolicyDocument,
  changes: readonly Change[],
  options: ApplyOptions,
): Promise<Policy | null> {
  if (changes.length === 0 || options.dryRun === true) return null;
  return api.send<Policy>('PUT', '/v1/policies', document);
}

function changeText(
  document: PolicyDocument,
  before: Policy | null,
  changes: readonly Change[],
  meaning: readonly string[],
): string {
  if (changes.length === 0) return '';
  const against = before === null ? 'new' : `against version ${before.version}`;
  const list =
    meaning.length === 0 ? '' : `effect:\n${meaning.map((sentence) => `  - ${sentence}\n`).join('')}`;
  return `key ${shortHex(document.key)} on chain ${shortHex(document.chain)}, ${against}:\n${diffText(changes)}${list}`;
}

function resultText(applied: Policy | null, changes: readonly Change[]): string {
  if (changes.length === 0) return 'no change: the document equals the policy in force\n';
  return applied === null ? 'not applied\n' : `applied as version ${applied.version}\n`;
}
