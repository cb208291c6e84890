import { type Context, withExamples } from '@watchbill/kit/command/context';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { withApi } from '../../client/api.ts';
import { addClientOptions, type ClientOptions, resolveTarget } from '../../client/target.ts';
import type { Policy } from '../../client/views.ts';
import { documentOf } from './diff.ts';

interface ShowOptions extends ClientOptions {
  readonly chain?: string;
  readonly key?: string;
}

/** `policy show`: policies as documents that `policy apply` takes again. */
export function addPolicyShow(parent: Command, { io }: Context): void {
  const command = parent
    .command('show')
    .description('print the policies in force, as documents that `policy apply` takes')
    .option('--chain <hash>', 'only this chain')
    .option('--key <key>', 'only this key');
  addClientOptions(command).action(async (options: ShowOptions) => {
    const target = resolveTarget(io, options);
    const { policies } = await withApi(target, (api) => api.get<{ policies: Policy[] }>('/v1/policies'));
    const wanted = policies.filter(
      ({ chain, key }) => (options.chain ?? chain) === chain && (options.key ?? key) === key,
    );
    print(io, options.json, { policies: wanted }, () => policiesText(wanted));
  });
  withExamples(command, ['watchbill policy show', 'watchbill policy show --key 0xd435… > policy.yaml']);
}

function policiesText(policies: readonly Policy[]): string {
  if (policies.length === 0) return '# no policy is in force here; see `watchbill policy apply --help`\n';
  return policies
    .map((policy) => {
      const head = `# version ${policy.version} (${policy.versionId}), mode ${policy.mode}\n`;
      return `${head}${stringify(documentOf(policy), { lineWidth: 0 })}`;
    })
    .join('---\n');
}
