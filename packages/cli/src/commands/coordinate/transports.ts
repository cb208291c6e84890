import type { Runtime } from '@watchbill/coordinate';
import { usageFault } from '../../fault.ts';
import type { MemberSetup } from './member-setup.ts';
import type { OperatorConfig } from './operator-config.ts';

type OpenTransport = Parameters<Runtime['runMember']>[0]['openTransport'];

/**
 * The transport of a configuration. Addresses of the other kind are left out, so a group file may have both. Only the one
 * that is used is loaded.
 */
export function transportOf({ document, key }: MemberSetup): OpenTransport {
  const { transport } = document.value;
  const where = document.whereIs(['transport', 'listen']);
  return async (group, events) => {
    const isOurs = (address: string): boolean => address.startsWith('/') === (transport.kind === 'libp2p');
    const members = group.members.map((member) => ({
      ...member,
      addresses: member.addresses.filter(isOurs),
    }));
    const common = { group: { ...group, members }, key, events };
    try {
      return await (transport.kind === 'libp2p'
        ? openLibp2p(common, transport)
        : openSockets(common, transport));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw usageFault(
        `the transport cannot be opened: ${text}`,
        'see whether the address is free and of this machine, and whether the addresses of the group are right',
        where,
      );
    }
  };
}

type Common =
  Parameters<OpenTransport> extends readonly [infer Group, infer Events]
    ? { readonly group: Group; readonly events: Events; readonly key: MemberSetup['key'] }
    : never;

async function openSockets(common: Common, { listen }: OperatorConfig['transport']) {
  const { hostPortFrom, openWebSocketTransport } = await import('@watchbill/coordinate/web-socket');
  const place = listen === undefined ? null : hostPortFrom(listen);
  if (listen !== undefined && place === null) throw new RangeError(`"${listen}" is no host:port`);
  return openWebSocketTransport({ ...common, ...(place === null ? {} : { listen: place }) });
}

async function openLibp2p(common: Common, { listen }: OperatorConfig['transport']) {
  const { openLibp2pTransport } = await import('@watchbill/coordinate/libp2p');
  return openLibp2pTransport({ ...common, listen: listen === undefined ? [] : [listen] });
}
