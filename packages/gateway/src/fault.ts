import { PackageFault } from '@watchbill/base';

export type GatewayFaultCode = 'settings' | 'keys' | 'jwt' | 'address' | 'backends';

/** Why a gateway does not start: what, and what to do. */
export class GatewayFault extends PackageFault<GatewayFaultCode> {
  override readonly name = 'GatewayFault';
}

/** Certainly no part of a request reached a node: it may be sent to another one. */
export class NotSent extends Error {}
