export type GatewayFaultCode = 'settings' | 'keys' | 'jwt' | 'address' | 'backends';

/** Why a gateway does not start: what, and what to do. */
export class GatewayFault extends Error {
  readonly code: GatewayFaultCode;
  readonly remedy: string;
  constructor(code: GatewayFaultCode, message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'GatewayFault';
    this.code = code;
    this.remedy = remedy;
  }
}

/** Certainly no part of a request reached a node: it may be sent to another one. */
export class NotSent extends Error {}
