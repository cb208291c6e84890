/** The options of all commands of the guard, by the names of their flags. */
export interface GuardFlags {
  readonly cancel: boolean;
  readonly database: string;
  readonly execute: boolean;
  readonly identity: string;
  readonly json: boolean;
  readonly keystore: string;
  readonly metricsPort: number;
  readonly out: string;
  readonly pair: string;
  readonly passphraseFile: string;
  readonly reason: string;
  readonly recipient: string;
  readonly remove: boolean;
  readonly rpc: string;
  readonly runtime: string;
  readonly sealed: string;
  readonly seconds: number;
  readonly spare: string;
  readonly state: string;
  readonly to: string;
  readonly validator: string;
  readonly witness: readonly string[];
  readonly yes: boolean;
}

/** The options of one command: those that it always has, and those that may be absent. */
export type Flags<Always extends keyof GuardFlags, Maybe extends keyof GuardFlags = never> = Pick<
  GuardFlags,
  Always
> &
  Partial<Pick<GuardFlags, Maybe>>;
