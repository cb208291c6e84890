import { table } from '@watchbill/kit';
import { argument, command, flag } from '@watchbill/kit/command/command';
import { print } from '@watchbill/kit/command/print';
import { text } from '@watchbill/kit/command/shapes';
import { askService } from '../../client/api.ts';
import { connection } from '../../client/target.ts';
import type { ServiceView } from '../../client/views.ts';
import { ready } from './ready.ts';

const args = { id: argument(text('id'), 'id of the service') };
const flags = { reason: flag(text('text'), 'why; kept in the ledger'), ...connection };

const list = command({
  about: 'list the services of this ledger',
  flags: connection,
  examples: ['watchbill service list', 'watchbill service list --json'],
  run: async ({ io }, options) => {
    const { services } = await askService(io, options, (api) =>
      api.get<{ services: ServiceView[] }>('/v1/services'),
    );
    print(io, options.json, { services }, () =>
      table(
        ['id', 'name', 'state', 'live', 'address', 'vouched by', 'reason'],
        services.map(({ id, name, self, state, live, url, vouchedBy, reason }) => {
          const shown = self ? `${name} (this)` : name;
          return [id, shown, state, live ? 'yes' : 'no', url ?? '-', vouchedBy ?? '-', reason ?? '-'];
        }),
      ),
    );
  },
});

const approve = command({
  about:
    'approve a joining service that has no local history; only safe if no other service granted anything it has not seen',
  args,
  flags,
  examples: ['watchbill service approve 9f3c5a… --reason "new machine, added by Ada"'],
  run: async ({ io }, { id, reason, ...options }) => {
    const path = `/v1/services/${encodeURIComponent(id)}/approve`;
    await askService(io, options, (api) => api.send('POST', path, { reason }));
    print(io, options.json, { vouched: id }, () => `service ${id} may grant as soon as it has compared\n`);
  },
});

const remove = command({
  about: 'take a lost service out of the ledger, so that the others do not wait for its memory',
  args,
  flags,
  examples: ['watchbill service remove 9f3c5a… --reason "disk of box 2 is lost"'],
  run: async ({ io }, { id, reason, ...options }) => {
    const path = `/v1/services/${encodeURIComponent(id)}`;
    await askService(io, options, (api) => api.send('DELETE', path, { reason }));
    print(io, options.json, { removed: id }, () => `service ${id} is removed and will never grant again\n`);
  },
});

/** `service`: the services of the ledger. */
export const service = command({
  commands: { list, ready, approve, remove },
  examples: ['watchbill service list'],
});
