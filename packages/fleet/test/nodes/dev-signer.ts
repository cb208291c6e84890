// A program that signs with the key of a development account, as people write them: one request on its input,
// one answer on its output.

import { text } from 'node:stream/consumers';
import { type Dev, devSigner } from '@watchbill/testkit/scenario/chain-setup';

const request = JSON.parse(await text(process.stdin)) as { readonly id: string; readonly message: string };
const signer = devSigner((process.argv[2] ?? '') as Dev);
const signature = await signer.sign(Uint8Array.from(Buffer.from(request.message.slice(2), 'hex')));
process.stdout.write(
  JSON.stringify({ id: request.id, signature: `0x${Buffer.from(signature).toString('hex')}` }),
);
