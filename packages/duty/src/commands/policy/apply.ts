import { usageFault } from '@watchbill/kit';
import { argument, command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { file, yes } from '@watchbill/kit/command/shapes';
import { shortHex } from '@watchbill/kit/command/text';
import { type Api, askService } from '../../client/api.ts';
import { shownKey } from '../../client/keys.ts';
import { connection } from '../../client/target.ts';
import type { Policy } from '../../rule/index.ts';
import type { PolicyDocument } from '../../service/index.ts';
import { type Change, diffPolicies, diffText, documentOf } from './diff.ts';
import { readPolicyDocument } from './document.ts';
import { meaningOf, removedNodes } from './meaning.ts';
import { SAMPLE_POLICY } from './sample.ts';

const flags = {
  dryRun: flag(yes(), 'show the changes without applying them'),
  yes: flag(yes(), 'apply even if a node is removed'),
  ...connection,
};
type ApplyOptions = OptionsOf<typeof flags>;

/**
 * `policy apply FILE`: checks the document, compares it with the policy in force, and applies it to the
 * ledger.
 */
export const apply = command({
  about: 'check a policy document (YAML or JSON), show its changes and their effect, and apply it',
  args: { file: argument(file(), 'the document; `-` reads standard input') },
  flags,
  examples: [
    'watchbill policy apply policy.yaml --dry-run',
    'watchbill policy apply policy.yaml',
    'watchbill policy show --key alpha | sed s/300/400/ | watchbill policy apply -',
    'watchbill policy show --key alpha > policy.yaml   # to edit the policy in force',
  ],
  notes: `A document:\n${SAMPLE_POLICY.replace(/^(?=.)/gm, '  ')}`,
  run: ({ io }, options) => applyFile(io, options.file, options),
});

async function applyFile(io: Io, file: string, options: ApplyOptions): Promise<void> {
  const document = await readPolicyDocument(io, file);
  await askService(io, options, async (api) => {
    const before = await currentPolicy(api, document);
    const changes = diffPolicies(before === null ? null : documentOf(before), document);
    const meaning = meaningOf(before, document);
    if (!options.json) io.out(changeText(document, before, changes, meaning));
    const removed = removedNodes(before, document);
    if (removed.length > 0 && !options.yes && !options.dryRun)
      throw usageFault(`this removes ${removed.join(', ')} and needs --yes`, 'add --yes to remove it', file);
    const isLeft = changes.length === 0 || options.dryRun;
    const applied = isLeft ? null : await api.send<Policy>('PUT', '/v1/policies', document);
    const result = { applied: applied !== null, policy: applied, changes, meaning };
    print(io, options.json, result, () => resultText(applied, changes));
  });
}

async function currentPolicy(api: Api, { chain, key }: PolicyDocument): Promise<Policy | null> {
  const { policies } = await api.get<{ policies: Policy[] }>('/v1/policies');
  return policies.find((policy) => policy.chain === chain && policy.key === key) ?? null;
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
  return `key ${shownKey(document)} on chain ${shortHex(document.chain)}, ${against}:\n${diffText(changes)}${list}`;
}

function resultText(applied: Policy | null, changes: readonly Change[]): string {
  if (changes.length === 0) return 'no change: the document equals the policy in force\n';
  return applied === null ? 'not applied\n' : `applied as version ${applied.version}\n`;
}
