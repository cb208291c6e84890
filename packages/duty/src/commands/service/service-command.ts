import { table } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { withApi } from '../../client/api.ts';
import { addClientOptions, type ClientOptions, resolveTarget } from '../../client/target.ts';
import type { ServiceView } from '../../client/views.ts';
import { addReady } from './ready.ts';

interface ReasonOptions extends ClientOptions {
  readonly reason: string;
}

/** `service`: the services of the ledger. */
export function fillService(command: Command, context: Context): void {
  withExamples(command, ['watchbill service list']);
  addList(command, context);
  addReady(command, context);
  addApprove(command, context);
  addRemove(command, context);
}

function addList(parent: Command, { io }: Context): void {
  const command = parent.command('list').description('list the services of this ledger');
  addClientOptions(command).action(async (options: ClientOptions) => {
    const target = resolveTarget(io, options);
    const { services } = await withApi(target, (api) => api.get<{ services: ServiceView[] }>('/v1/services'));
    print(io, options.json, { services }, () =>
      table(
        ['id', 'name', 'state', 'live', 'address', 'vouched by', 'reason'],
        services.map((view) => [
          view.id,
          view.self ? `${view.name} (this)` : view.name,
          view.state,
          view.live ? 'yes' : 'no',
          view.url ?? '-',
          view.vouchedBy ?? '-',
          view.reason ?? '-',
        ]),
      ),
    );
  });
  withExamples(command, ['watchbill service list', 'watchbill service list --json']);
}

function addApprove(parent: Command, { io }: Context): void {
  const command = parent
    .command('approve <id>')
    .description(
      'approve a joining service that has no local history; only safe if no other service granted anything it has not seen',
    )
    .requiredOption('--reason <text>', 'why; kept in the ledger');
  addClientOptions(command).action(async (id: string, options: ReasonOptions) => {
    const target = resolveTarget(io, options);
    const path = `/v1/services/${encodeURIComponent(id)}/approve`;
    await withApi(target, (api) => api.send('POST', path, { reason: options.reason }));
    print(io, options.json, { vouched: id }, () => `service ${id} may grant as soon as it has compared\n`);
  });
  withExamples(command, ['watchbill service approve 9f3c5a… --reason "new machine, added by Ada"']);
}

function addRemove(parent: Command, { io }: Context): void {
  const command = parent
    .command('remove <id>')
    .description('take a lost service out of the ledger, so that the others do not wait for its memory')
    .requiredOption('--reason <text>', 'why; kept in the ledger');
  addClientOptions(command).action(async (id: string, options: ReasonOptions) => {
    const target = resolveTarget(io, options);
    const path = `/v1/services/${encodeURIComponent(id)}`;
    await withApi(target, (api) => api.send('DELETE', path, { reason: options.reason }));
    print(io, options.json, { removed: id }, () => `service ${id} is removed and will never grant again\n`);
  });
  withExamples(command, ['watchbill service remove 9f3c5a… --reason "disk of box 2 is lost"']);
}
