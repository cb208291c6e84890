import { table } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { print } from '@watchbill/kit/command/print';
import { shortHex } from '@watchbill/kit/command/text';
import type { Command } from 'commander';
import { withApi } from '../../client/api.ts';
import { addClientOptions, type ClientOptions, resolveTarget } from '../../client/target.ts';
import type { TokenView } from '../../client/views.ts';
import { addCreate } from './create.ts';

/** `token`: identities of nodes, observers, operators and readers. */
export function fillToken(command: Command, context: Context): void {
  withExamples(command, [
    'watchbill token create --role node --name alpha --out alpha.token',
    'watchbill token list',
  ]);
  addCreate(command, context);
  addRevoke(command, context);
  addList(command, context);
}

function addRevoke(parent: Command, { io }: Context): void {
  const command = parent
    .command('revoke <id>')
    .description('revoke a token; `watchbill token list` shows the ids');
  addClientOptions(command).action(async (id: string, options: ClientOptions) => {
    const target = resolveTarget(io, options);
    await withApi(target, (api) => api.send('DELETE', `/v1/tokens/${encodeURIComponent(id)}`));
    print(io, options.json, { revoked: id }, () => `token ${id} is revoked\n`);
  });
  withExamples(command, ['watchbill token revoke 4be1c09a77d2f1e8']);
}

function addList(parent: Command, { io }: Context): void {
  const command = parent
    .command('list')
    .description('list the tokens; their secrets are not stored and never shown');
  addClientOptions(command).action(async (options: ClientOptions) => {
    const target = resolveTarget(io, options);
    const { tokens } = await withApi(target, (api) => api.get<{ tokens: TokenView[] }>('/v1/tokens'));
    print(io, options.json, { tokens }, () =>
      table(
        ['id', 'role', 'name', 'made', 'original wire protocol'],
        tokens.map(({ id, role, name, createdMs, original }) => [
          id,
          role,
          name,
          new Date(createdMs).toISOString(),
          original === null ? '-' : `${shortHex(original.chain)} ${shortHex(original.key)}`,
        ]),
      ),
    );
  });
  withExamples(command, ['watchbill token list', 'watchbill token list --json']);
}
