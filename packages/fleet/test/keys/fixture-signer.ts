// A program that signs, as people write them: one request on its input, one answer on its output. Its key is
// that of a test account.

import { text } from 'node:stream/consumers';
import { account } from '@watchbill/testkit/chopsticks';

const request = JSON.parse(await text(process.stdin)) as { readonly id: string; readonly message: string };
const { signer } = account(process.argv[2] ?? '');
const signature = signer.sign(Uint8Array.from(Buffer.from(request.message.slice(2), 'hex')));
process.stdout.write(
  JSON.stringify({ id: request.id, signature: `0x${Buffer.from(signature).toString('hex')}` }),
);
