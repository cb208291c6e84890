import { type FaultKind, PackageFault } from '@watchbill/kit';

export type GatewayFaultCode = 'settings' | 'keys' | 'jwt' | 'address' | 'backends';

const KINDS: Readonly<Record<GatewayFaultCode, FaultKind>> = {
  settings: 'usage',
  keys: 'usage',
  jwt: 'usage',
  address: 'fault',
  backends: 'usage',
};

/** Why a gateway does not start: the cause and the remedy. */
export class GatewayFault extends PackageFault<GatewayFaultCode> {
  override readonly name = 'GatewayFault';
  constructor(code: GatewayFaultCode, message: string, remedy: string, cause?: unknown) {
    super(code, message, remedy, cause, KINDS[code]);
  }
}

/** Certainly no part of a request reached a node: it may be sent to another one. */
export class NotSent extends Error {}
