import { messageOf, usageFault } from '@watchbill/kit';
import type { Runtime } from '../index.ts';
import type { MemberSetup } from './member-setup.ts';

type OpenTransport = Parameters<Runtime['runMember']>[0]['openTransport'];

/** The transport of a configuration, which is loaded when it is opened. */
export function transportOf({ document, key }: MemberSetup): OpenTransport {
  const { listen } = document.value.transport;
  const where = document.whereIs(['transport', 'listen']);
  return async (group, events) => {
    try {
      const { openLibp2pTransport } = await import('../transport/libp2p/index.ts');
      return await openLibp2pTransport({ group, key, events, listen: listen === undefined ? [] : [listen] });
    } catch (error) {
      const text = messageOf(error);
      throw usageFault(
        `the transport cannot be opened: ${text}`,
        'see whether the address is free and of this machine, and whether the addresses of the group are right',
        where,
      );
    }
  };
}
