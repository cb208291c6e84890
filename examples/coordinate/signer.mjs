// A signing program for one operator: `signer.command: [node, signer.mjs, operator.pem]` in coordinate.yaml.
// It holds an ed25519 key in a PEM file (`openssl genpkey -algorithm ed25519 -out operator.pem`). Replace the
// call of `sign` with one to your HSM or remote signer.
//
// input   {"format":"watchbill/operator-sign/1","key":"ed25519:0x…","message":"0x…"}
// output  {"signature":"0x…"}

import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const privateKey = createPrivateKey(readFileSync(process.argv[2]));
const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
const { format, key, message } = JSON.parse(readFileSync(0, 'utf8'));

if (format !== 'watchbill/operator-sign/1') throw new Error('this program reads another format');
if (key !== `ed25519:0x${publicKey.toString('hex')}`) throw new Error('this program holds another key');

const signature = sign(null, Buffer.from(message.slice(2), 'hex'), privateKey);
console.log(JSON.stringify({ signature: `0x${signature.toString('hex')}` }));
