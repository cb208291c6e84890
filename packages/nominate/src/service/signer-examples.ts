import type { z } from 'zod';
import type { SigningRequest } from '../transactions/index.ts';
import type { serviceShape } from './config.ts';

type Signer = NonNullable<z.input<typeof serviceShape>['signers']>[string];

/** A kind of signer, with an example of its settings. */
export interface SignerExample {
  readonly title: string;
  readonly about: string;
  readonly signer: Signer;
}

/** Public accounts of development chains. */
const ALICE = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
const BOB = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';

/** Every kind of signer, for the reference. A test reads each of them as a configuration. */
export const SIGNER_EXAMPLES: readonly SignerExample[] = [
  {
    title: 'Key file',
    about:
      'A file of `watchbill nominate key create` or `key import`, encrypted with a passphrase. The service decrypts it at the start and signs by itself. If its account is the stash of the nominator, the stash signs its own nomination.',
    signer: { keyFile: 'keys/west.json', passphraseFile: 'keys/passphrase' },
  },
  {
    title: 'Proxy',
    about:
      'Every kind of signer becomes a proxy if its account is not the stash of the nominator. The stash first adds that account on the chain with `Proxy.add_proxy` and the type `Staking`, `NonTransfer` or `Any`. With a delay, the service announces each nomination, and the stash can veto it (`Proxy.reject_announcement`) until the delay is over. The proxy pays fees and the deposit of announcements. In this example, `keys/proxy.json` holds the proxy account.',
    signer: { keyFile: 'keys/proxy.json', passphraseFile: 'keys/passphrase' },
  },
  {
    title: 'Program',
    about:
      'A program that signs, for example with a hardware module. It gets one line of JSON on its input and prints one line of JSON (below). It gets no environment variables, and is killed after `timeoutSeconds`.',
    signer: {
      command: ['/usr/local/bin/sign-nomination', '--slot', '3'],
      account: ALICE,
      timeoutSeconds: 20,
    },
  },
  {
    title: 'Folder',
    about:
      'A person signs on an offline device. The service writes `ID.request.json` and QR codes for [Polkadot Vault](../how-to/nominate-local.md#with-polkadot-vault) into the folder, and waits for `ID.answer.json` (below). Set `transactions.periodBlocks` to 256 or more, so that the person has time.',
    signer: { folder: 'payloads', account: BOB, scheme: 'ed25519' },
  },
];

/** The request that a program gets, with shortened values. */
export const SIGNING_REQUEST: SigningRequest = {
  id: '4f2a90c1…',
  account: '0x8eaf0415…',
  asked: { call: 'nominate', targets: ['0x90b5ab20…', '0x306721f2…'] },
  inner: null,
  nominator: '0x8eaf0415…',
  round: '7ff8d357…',
  era: 1402,
  nonce: 7,
  birth: '10240000',
  birthHash: '0xa3c1…',
  death: '10240064',
  genesis: '0x68d56f15…',
  specVersion: 2005001,
  transactionVersion: 15,
  tip: '0',
  call: '0x5905…',
  payload: '0x5905…',
  message: '0x5905…',
};
